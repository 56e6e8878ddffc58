from celery import shared_task
from django.utils import timezone

from q2c.infra import health, jobs


@shared_task(acks_late=True)
def work(job_id: int) -> None:
    jobs.run_job(job_id, at=timezone.now())


@shared_task(acks_late=True)
def drain(queue: str) -> None:
    """Do what waits in one queue, a bounded share at a time; the rest is another message's."""
    for _ in range(100):
        if not jobs.run_next(queue, at=timezone.now()):
            return
    drain.apply_async((queue,), queue=queue)


@shared_task
def sweep() -> None:
    for pk, queue in jobs.waiting(at=timezone.now()):
        jobs.wake(pk, queue)


@shared_task
def heartbeat() -> None:
    health.beat("beat", at=timezone.now())
    canary.delay()


@shared_task
def canary() -> None:
    health.beat("canary", at=timezone.now())
