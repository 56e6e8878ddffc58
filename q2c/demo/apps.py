from django.apps import AppConfig
from django.conf import settings


class DemoConfig(AppConfig):
    name = "q2c.demo"

    def ready(self) -> None:
        from q2c.web.registry import register_nav

        if settings.DEMO:
            register_nav("Setup", "Outbox", "demo:outbox", icon="envelope", order=95, shortcut="m")
