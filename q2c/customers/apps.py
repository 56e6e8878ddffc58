from django.apps import AppConfig


class CustomersConfig(AppConfig):
    name = "q2c.customers"
