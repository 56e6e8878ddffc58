from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "q2c.web"

    def ready(self) -> None:
        from q2c.identity.roles import Permission
        from q2c.web.registry import register_nav, register_search
        from q2c.web.users.search import find_users

        register_nav("", "Home", "web:home", icon="home", order=0, shortcut="h")
        register_nav(
            "Setup", "Operations", "operations:overview",
            icon="wrench-screwdriver", permission=Permission.VIEW_OPERATIONS, order=90,
        )  # fmt: skip
        register_nav(
            "Setup", "Users", "users:list",
            icon="users", permission=Permission.MANAGE_USERS, order=87,
        )  # fmt: skip
        register_search("users", find_users)
