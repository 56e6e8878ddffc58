from django.apps import AppConfig


class InfraConfig(AppConfig):
    name = "q2c.infra"

    def ready(self) -> None:
        import q2c.infra.mail  # noqa: F401  registers its job
