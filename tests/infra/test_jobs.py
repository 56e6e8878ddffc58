from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from q2c.infra import jobs
from q2c.infra.models import Heartbeat, Job
from q2c.kernel.errors import Refused

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def calls(monkeypatch):
    seen = []
    monkeypatch.setitem(jobs._handlers, "test.note", lambda payload: seen.append(payload["n"]))
    monkeypatch.setattr(jobs, "wake", lambda pk, queue: None)
    return seen


def ask(n: int, *, kind: str = "test.note", at: datetime = NOON) -> None:
    with transaction.atomic():
        jobs.enqueue(kind, key=str(n), payload={"n": n}, at=at)


@pytest.mark.django_db
def test_a_job_is_done_once_however_often_it_is_asked_for_and_woken(calls):
    ask(1)
    ask(1)
    job = Job.objects.get()
    assert jobs.run_job(job.pk, at=NOON)
    assert not jobs.run_job(job.pk, at=NOON + timedelta(hours=1))
    assert calls == [1]


@pytest.mark.django_db
def test_work_asked_for_in_a_transaction_that_fails_is_never_done(calls):
    class Failed(Exception):
        pass

    def ask_and_fail():
        with transaction.atomic():
            jobs.enqueue("test.note", key="1", payload={"n": 1}, at=NOON)
            raise Failed

    with pytest.raises(Failed):
        ask_and_fail()
    assert not jobs.run_next("default", at=NOON)
    assert calls == []


@pytest.mark.django_db
def test_a_job_whose_worker_died_is_free_again_after_its_lease(calls):
    ask(1)
    Job.objects.update(leased_until=NOON + jobs.LEASE)
    assert not jobs.run_next("default", at=NOON + timedelta(seconds=10))
    assert jobs.waiting(at=NOON + timedelta(seconds=10)) == []
    assert jobs.run_next("default", at=NOON + jobs.LEASE + timedelta(seconds=1))
    assert calls == [1]


@pytest.mark.django_db
def test_a_failure_is_tried_again_later_and_at_last_parked(monkeypatch, calls):
    def fail(payload):
        raise OSError("no route")

    monkeypatch.setitem(jobs._handlers, "test.fail", fail)
    ask(1, kind="test.fail")
    at = NOON
    for _ in range(jobs.ATTEMPTS):
        assert not Job.objects.get().parked_at
        assert jobs.run_next("default", at=at)
        assert not jobs.run_next("default", at=at)  # it pauses first
        at += timedelta(hours=7)
    job = Job.objects.get()
    assert job.parked_at
    assert job.error == "OSError: no route"


@pytest.mark.django_db
def test_what_a_rule_refuses_is_parked_at_once_with_its_words(monkeypatch, calls):
    def refuse(payload):
        raise Refused("The March books are closed.")

    monkeypatch.setitem(jobs._handlers, "test.refuse", refuse)
    ask(1, kind="test.refuse")
    jobs.run_next("default", at=NOON)
    job = Job.objects.get()
    assert (bool(job.parked_at), job.error) == (True, "The March books are closed.")
    jobs.retry(job.pk, at=NOON)
    assert jobs.waiting(at=NOON) == [(job.pk, "default")]


@pytest.mark.django_db
def test_half_done_work_is_undone_when_it_fails(monkeypatch, calls):
    def half(payload):
        Heartbeat.objects.create(name="half", at=NOON)
        raise OSError

    monkeypatch.setitem(jobs._handlers, "test.half", half)
    ask(1, kind="test.half")
    jobs.run_next("default", at=NOON)
    assert not Heartbeat.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_sweep_finds_work_whose_wake_up_was_lost(calls, celery_worker):
    """A real worker and a real beat of the sweep: nobody sent a message for this row."""
    from q2c.infra.tasks import sweep

    Job.objects.create(
        kind="infra.nobody", key="1", queue="default", created_at=NOON, available_at=NOON
    )
    sweep.delay()
    celery_worker.wait_for(lambda: Job.objects.get().parked_at)
    assert "Nothing handles jobs" in Job.objects.get().error


@pytest.mark.django_db
def test_a_job_that_a_worker_has_in_hand_is_not_handed_to_another(calls):
    ask(1)
    Job.objects.update(leased_until=NOON + jobs.LEASE)
    jobs.retry(Job.objects.get().pk, at=NOON)
    assert not jobs.run_next("default", at=NOON)
    assert calls == []
