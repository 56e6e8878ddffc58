from django.urls import path

from q2c.customers.views import portal

app_name = "portal"
urlpatterns = [
    path("p/<str:token>", portal.exchange, name="exchange"),
    path("portal/ask-again/", portal.ask_again, name="ask_again"),
]
