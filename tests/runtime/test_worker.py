"""A real worker: the request id goes along, and what a killed one left is found again."""

import json
import time

from django.utils import timezone

from q2c.infra import jobs
from q2c.infra.models import Heartbeat, Job
from q2c.infra.requests import bind_request_id
from q2c.infra.tasks import canary, sweep


def _until(condition, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)


def test_the_request_id_follows_a_task_into_the_workers_log(monkeypatch, request):
    monkeypatch.setenv("Q2C_LOG", "json")
    worker = request.getfixturevalue("celery_worker")
    bind_request_id("asked-by-a-person-1")
    canary.delay()
    _until(lambda: Heartbeat.objects.filter(name="canary").exists())

    def finished() -> list[dict]:
        lines = [line for line in worker.log.read_text().splitlines() if line.startswith("{")]
        return [row for row in map(json.loads, lines) if "succeeded" in row["event"]]

    _until(lambda: len(finished()) == 1)
    (line,) = finished()
    assert line["request_id"] == "asked-by-a-person-1"
    assert line["task"] == "q2c.infra.tasks.canary"


def test_work_whose_message_died_with_the_worker_is_found_by_the_sweep(celery_worker):
    celery_worker.kill9()
    jobs.enqueue("of no kind", key="1", payload={}, at=timezone.now())
    assert Job.objects.get().parked_at is None
    celery_worker.restart()
    sweep.delay()
    _until(lambda: Job.objects.exclude(parked_at=None).exists())
    assert Job.objects.get().error == "Nothing handles jobs of the kind of no kind."
