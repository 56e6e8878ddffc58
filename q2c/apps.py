from django.apps import AppConfig


class RoofConfig(AppConfig):
    """Joins the apps once all of them are loaded."""

    name = "q2c"
    label = "roof"

    def ready(self) -> None:
        from q2c import celery, wiring
        from q2c.infra import bus

        celery.app.set_default()  # so that every process sends its tasks to our queue
        bus.connect(wiring.NOW, wiring.LATER)
