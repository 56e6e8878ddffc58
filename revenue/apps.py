from django.apps import AppConfig


class RevenueConfig(AppConfig):
    name = "revenue"

    def ready(self) -> None:
        from q2c.infra import jobs
        from revenue import tasks
        from revenue.actions import checking
        from revenue.views import shell

        shell.register()
        jobs.register(checking.JOB, tasks.check_books)
