from django.apps import AppConfig


class RoofConfig(AppConfig):
    """Joins the apps once all of them are loaded."""

    name = "q2c"
    label = "roof"

    def ready(self) -> None:
        from q2c import wiring
        from q2c.infra import bus

        bus.connect(wiring.NOW, wiring.LATER)
