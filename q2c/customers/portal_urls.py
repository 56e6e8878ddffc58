from django.urls import path

from q2c.customers.views import portal

app_name = "portal"
urlpatterns = [
    path("p/<str:token>", portal.exchange, name="exchange"),
    path("portal/brand/<int:entity_id>/logo/", portal.logo, name="logo"),
    path("portal/brand/<int:entity_id>/brand.css", portal.brand, name="brand"),
    path("portal/ask-again/", portal.ask_again, name="ask_again"),
]
