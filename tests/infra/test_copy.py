from datetime import UTC, datetime

import pytest

from q2c.infra.copy import copy_rows, take_ids
from q2c.infra.models import Heartbeat, Job

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "text", ["tab\there", "back\\slash", "line\nbreak", "\\N", "\x01", "a\x01b", "äöü €", ""]
)
def test_copy_keeps_any_text_as_it_was(text):
    assert copy_rows("infra_heartbeat", ("name", "at"), [(text, NOON)]) == 1
    assert Heartbeat.objects.get().name == text


@pytest.mark.django_db
def test_no_rows_are_no_rows():
    assert copy_rows("infra_heartbeat", ("name", "at"), []) == 0


@pytest.mark.django_db
def test_ids_taken_are_not_given_out_again():
    taken = take_ids("infra_job", 3)
    job = Job.objects.create(kind="k", key="1", created_at=NOON, available_at=NOON)
    assert len(set(taken)) == 3
    assert job.pk not in taken


def test_a_float_is_refused():
    with pytest.raises(TypeError, match="float"):
        copy_rows("infra_heartbeat", ("name", "at"), [(1.5, NOON)])
