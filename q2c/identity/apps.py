from django.apps import AppConfig


class IdentityConfig(AppConfig):
    name = "q2c.identity"
