from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "q2c.web"

    def ready(self) -> None:
        from q2c.identity.roles import Permission
        from q2c.web.registry import register_nav

        register_nav("", "Home", "web:home", icon="home", order=0, shortcut="h")
        register_nav(
            "Setup", "Operations", "operations:overview",
            icon="wrench-screwdriver", permission=Permission.VIEW_OPERATIONS, order=90,
        )  # fmt: skip
