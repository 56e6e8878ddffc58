from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "q2c.demo"
