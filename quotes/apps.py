from django.apps import AppConfig


class QuotesConfig(AppConfig):
    name = "quotes"

    def ready(self) -> None:
        from q2c.infra import jobs
        from quotes import tasks
        from quotes.actions import trials
        from quotes.views import shell

        shell.register()
        jobs.register(trials.JOB, tasks.go_on)
