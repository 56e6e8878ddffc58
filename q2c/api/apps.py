from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "q2c.api"

    def ready(self) -> None:
        from q2c.identity.roles import Permission
        from q2c.web.registry import register_nav

        register_nav(
            "Setup", "API keys", "api_keys:list",
            icon="key", permission=Permission.MANAGE_API_KEYS, order=86,
        )  # fmt: skip
