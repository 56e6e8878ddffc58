"""A chain of evidence: every event carries the hash of the one before."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Thread
from typing import ClassVar

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from q2c.infra import bus
from q2c.infra.evidence import read_chain
from q2c.infra.models import Event, Evidence
from q2c.kernel.facts import Fact

TAKE_OUT = """
UPDATE infra_evidence SET previous_id = NULL, chain = 'deed:9' WHERE previous_id IN (
  SELECT v.id FROM infra_evidence v JOIN infra_event e ON e.id = v.event_id WHERE e.reason = 'one'
)"""
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class DeedRead(Fact):
    document: ClassVar[str] = "deed"
    evidence_of: ClassVar[str] = "deed"
    deed_id: int


def say(reason, deed_id=1, **details):
    with transaction.atomic():
        fact = DeedRead(at=NOON, deed_id=deed_id)
        bus.publish(fact, by=None, label="Ida", reason=reason, details=details)


@pytest.fixture
def told(db):
    """Three events of one deed, and one of another between them."""
    say("one", ip="127.0.0.1", user_agent="")
    say("two")
    say("elsewhere", deed_id=2)
    say("three")


def tampered(statement):
    """Change a row as only somebody can who switches the guards of the database off."""
    table = statement.split()[1]
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_is_final")
        cursor.execute(statement)
        cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_is_final")


def test_each_link_hashes_the_event_and_the_hash_before(told):
    chain = read_chain("deed:1")
    assert (chain.is_verified, [link.reason for link in chain.links]) == (
        True, ["one", "two", "three"],
    )  # fmt: skip
    before = ""
    for link in chain.links:
        # Anybody can reckon it again from what the API gives, with no code of ours.
        before = hashlib.sha256(f"{before}\n{link.content}".encode()).hexdigest()
        assert link.sha256 == before
    assert chain.sha256 == before
    assert json.loads(chain.links[0].content)["details"] == {"ip": "127.0.0.1"}
    assert len(read_chain("deed:2").links) == 1


@pytest.mark.parametrize(
    ("attack", "broken_at"),
    [
        ("UPDATE infra_event SET reason = 'never' WHERE reason = 'two'", 2),
        ("UPDATE infra_event SET at = at - interval '1 day' WHERE reason = 'one'", 1),
        ("UPDATE infra_evidence SET details = '{}' WHERE details <> '{}'", 1),
        (TAKE_OUT, 2),
    ],
)
def test_what_is_changed_or_taken_out_breaks_the_chain_there(told, attack, broken_at):
    tampered(attack)
    chain = read_chain("deed:1")
    assert (chain.is_verified, chain.broken_at) == (False, broken_at)


@pytest.mark.parametrize(
    "attack", ["UPDATE infra_evidence SET sha256 = 'x'", "DELETE FROM infra_evidence"]
)
def test_the_database_refuses_to_change_a_chain(told, attack):
    with pytest.raises(DatabaseError, match="is final"), transaction.atomic():
        connection.cursor().execute(attack)
    assert read_chain("deed:1").is_verified


def test_a_chain_has_one_beginning_and_never_forks(told):
    first = Evidence.objects.filter(chain="deed:1").earliest("pk")
    event = Event.objects.create(
        at=NOON, name="Forged", document="deed", document_id=1, actor_label="Eve"
    )
    for previous in (None, first):
        with pytest.raises(IntegrityError), transaction.atomic():
            Evidence.objects.create(event=event, chain="deed:1", previous=previous, sha256="0" * 64)


def test_without_events_there_is_no_evidence(db):
    chain = read_chain("deed:404")
    assert (chain.is_verified, chain.links, chain.sha256) == (False, (), "")


def test_events_at_once_follow_one_another(transactional_db):
    def work(name):
        say(name)
        connection.close()

    threads = [Thread(target=work, args=(str(n),)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    chain = read_chain("deed:1")
    assert (len(chain.links), chain.is_verified) == (6, True)
