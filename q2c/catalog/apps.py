from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "q2c.catalog"

    def ready(self) -> None:
        from q2c.catalog.views import shell

        shell.register()
