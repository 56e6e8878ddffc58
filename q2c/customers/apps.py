from django.apps import AppConfig


class CustomersConfig(AppConfig):
    name = "q2c.customers"

    def ready(self) -> None:
        from q2c.customers.views import shell

        shell.register()
