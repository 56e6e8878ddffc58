from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "q2c.api"
