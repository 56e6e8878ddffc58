from django.apps import AppConfig


class RevenueConfig(AppConfig):
    name = "revenue"

    def ready(self) -> None:
        from revenue.views import shell

        shell.register()
