from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, connection, transaction

from q2c.customers.events import CustomerEdited
from q2c.infra import bus
from q2c.infra.models import Event, Job
from q2c.kernel.errors import Refused

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def edited() -> CustomerEdited:
    return CustomerEdited(at=NOON, customer_id=7)


def later(fact):
    """A handler for after the commit."""


@pytest.fixture
def wired(monkeypatch):
    monkeypatch.setattr(bus, "_now", {})
    monkeypatch.setattr(bus, "_later", {})


@pytest.mark.django_db
def test_a_fact_is_a_row_of_history_with_who_what_and_why(wired):
    with transaction.atomic():
        bus.publish(
            edited(), by=None, label="Import", changes={"legal_name": ["A", "B"]}, reason="Merger"
        )
    event = bus.history("customer", 7).get()
    assert (event.name, event.actor_label, event.reason) == ("CustomerEdited", "Import", "Merger")
    assert event.changes == {"legal_name": ["A", "B"]}


@pytest.mark.django_db
def test_a_handler_of_the_same_transaction_may_refuse_and_then_nothing_happened(wired):
    def refuse(fact):
        raise Refused("The books are closed.")

    bus._now[CustomerEdited] = [refuse]
    with pytest.raises(Refused), transaction.atomic():
        bus.publish(edited(), by=None)
    assert not Event.objects.exists()


@pytest.mark.django_db
def test_a_handler_for_later_becomes_a_job_once(wired):
    bus._later[CustomerEdited] = [later]
    with transaction.atomic():
        bus.publish(edited(), by=None)
        bus.publish(edited(), by=None)
    job = Job.objects.get()
    assert job.payload == {"at": "2026-03-01T12:00:00+00:00", "customer_id": 7}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "attack",
    ["UPDATE infra_event SET reason = 'x'", "DELETE FROM infra_event"],
)
def test_history_cannot_be_rewritten_even_by_sql(wired, attack):
    with transaction.atomic():
        bus.publish(edited(), by=None)
    with pytest.raises(DatabaseError, match="is final"), transaction.atomic():
        connection.cursor().execute(attack)
    assert Event.objects.get().reason == ""
