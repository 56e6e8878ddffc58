from django.urls import path

from q2c.catalog.views import parts, products

app_name = "catalog"
urlpatterns = [
    path("", products.list_, name="list"),
    path("export.csv", products.export, name="export"),
    path("new/", products.new, name="new"),
    path("tax-rates/", parts.tax_rates, name="tax_rates"),
    path("tax-rates/add/", parts.tax_rate_add, name="tax_rate_add"),
    path("tax-rates/<int:rate_id>/end/", parts.tax_rate_end, name="tax_rate_end"),
    path("<int:product_id>/", products.detail, name="detail"),
    path("<int:product_id>/edit/", products.edit, name="edit"),
    path("<int:product_id>/prices/new/", parts.price_new, name="price_new"),
    path("<int:product_id>/options/new/", parts.option_new, name="option_new"),
    path("<int:product_id>/options/<int:option_id>/", parts.option_edit, name="option_edit"),
    path(
        "<int:product_id>/options/<int:option_id>/remove/",
        parts.option_remove,
        name="option_remove",
    ),
]
