from django.apps import AppConfig


class ContractsConfig(AppConfig):
    name = "contracts"

    def ready(self) -> None:
        from contracts.queries import number_of
        from contracts.views import shell
        from quotes.queries import register_contract_numbers

        shell.register()
        register_contract_numbers(number_of)
