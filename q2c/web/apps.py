from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "q2c.web"

    def ready(self) -> None:
        from q2c.web.registry import register_nav

        register_nav("", "Home", "web:home", icon="home", order=0, shortcut="h")
