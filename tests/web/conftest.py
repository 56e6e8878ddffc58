from datetime import timedelta

import pytest
from django.utils import timezone

from q2c.identity.models import User
from q2c.identity.roles import Role
from q2c.infra import jobs
from q2c.infra.models import Job, Mail


@pytest.fixture
def people(db):
    """One person of each role, by role."""
    return {
        role: User.objects.create_user(
            f"{role}@brightline.example", "x", full_name=role.label, role=role.value
        )
        for role in Role
    }


@pytest.fixture
def admin(people):
    return people[Role.ADMINISTRATOR]


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def job(db, now):
    """`job("parked", …)` is a job in that state."""

    def job(state="parked", *, kind="quotes.handlers.mail_quote", **values):
        hour = timedelta(hours=1)
        times = {
            "parked": {"parked_at": now - hour, "attempts": jobs.ATTEMPTS, "error": "no route"},
            "paused": {"available_at": now + hour, "attempts": 2, "error": "greylisted"},
            "waiting": {},
            "running": {"leased_until": now + hour, "attempts": 1},
            "done": {"done_at": now, "attempts": 1},
        }[state]
        key = values.pop("key", f"QuoteSent:{Job.objects.count() + 1}:2026-11-24T12:00:00+00:00")
        times = {"created_at": now - hour, "available_at": now - hour, **times, **values}
        return Job.objects.create(kind=kind, key=key, **times)

    return job


@pytest.fixture
def mail_job(job, now):
    """`mail_job("parked")` is the job of an e-mail in that state."""

    def mail_job(state, **values):
        mail = Mail.objects.create(
            cause=f"cause {Mail.objects.count()}",
            to="ida@nordlicht.example",
            subject="Your invoice INV-2026-0001",
            text="Hello",
            created_at=now,
        )
        payload = {"mail_id": mail.pk}
        return job(
            state, kind="infra.deliver_mail", key=str(mail.pk), payload=payload, queue="mail",
            **values,
        )  # fmt: skip

    return mail_job


@pytest.fixture
def as_admin(client, admin):
    client.force_login(admin)
    return client
