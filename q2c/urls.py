from django.contrib import admin
from django.urls import include, path

from billing.api import api_urls as billing_api
from contracts.api import api_urls as contracts_api
from orders.api import api_urls as orders_api
from q2c.catalog.api import api_urls as catalog_api
from q2c.customers.api import api_urls as customers_api
from quotes.api import api_urls as quotes_api

api_urls = [
    *customers_api, *catalog_api, *quotes_api, *contracts_api, *orders_api, *billing_api,
]  # fmt: skip

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("q2c.infra.urls")),
    path("", include("q2c.identity.urls")),
    path("", include("q2c.web.urls")),
    path("", include("q2c.customers.portal_urls")),
    path("operations/", include("q2c.web.operations.urls")),
    path("users/", include("q2c.web.users.urls")),
    path("customers/", include("q2c.customers.urls")),
    path("products/", include("q2c.catalog.urls")),
    path("demo/", include("q2c.demo.urls")),
    path("api-keys/", include("q2c.api.key_urls")),
    path("api/v1/", include(api_urls)),
    path("api/v1/", include("q2c.api.urls")),  # last: it answers for what is not there
    path("", include("quotes.urls")),
    path("", include("contracts.urls")),
    path("", include("orders.urls")),
    path("", include("billing.urls")),
    path("", include("revenue.urls")),
]
