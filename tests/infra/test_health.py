from datetime import UTC, datetime, timedelta

import pytest

from q2c.infra import health
from q2c.infra.models import Job

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.django_db
def test_ready_names_database_redis_and_migrations(client):
    assert health.readiness() == {"database": "ok", "redis": "ok", "migrations": "ok"}
    assert client.get("/readyz").status_code == 200
    assert client.get("/healthz").json() == {"live": "ok"}


@pytest.mark.django_db
def test_fresh_turns_red_when_beat_falls_silent_or_work_waits(client):
    assert client.get("/freshz").status_code == 503  # never seen a beat
    health.beat("beat", at=NOON)
    health.beat("canary", at=NOON)
    assert set(health.freshness(at=NOON + timedelta(seconds=60)).values()) == {"ok"}
    Job.objects.create(kind="k", key="1", created_at=NOON, available_at=NOON)
    answers = health.freshness(at=NOON + timedelta(minutes=5))
    assert answers["oldest_job"].startswith("waiting since")
    assert answers["beat"].startswith("silent since")


@pytest.mark.django_db(transaction=True)
def test_the_canary_makes_a_round_trip_through_a_real_worker(celery_worker):
    from q2c.infra.models import Heartbeat
    from q2c.infra.tasks import heartbeat

    heartbeat.delay()
    celery_worker.wait_for(lambda: Heartbeat.objects.filter(name="canary").exists())
