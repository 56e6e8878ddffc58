from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "q2c.web"
