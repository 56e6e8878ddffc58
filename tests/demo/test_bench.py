"""The bench measures every row and leaves nothing behind; how fast is not for a test to say."""

import json
import subprocess
import sys

import pytest
from django.conf import settings
from django.db import connection

from q2c.demo.bench.table import Row, as_text
from tests.support.processes import database_url


@pytest.mark.django_db(transaction=True)
def test_it_measures_every_kind_of_work_in_a_database_of_its_own(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", database_url(connection.settings_dict["NAME"]))
    command = [sys.executable, "manage.py", "bench", "--size", "XS", "--json"]
    bench = subprocess.Popen(
        command,
        cwd=settings.BASE_DIR,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    out, errors = bench.communicate(timeout=300)
    made = [f"bench_{bench.pid}", f"bench_{bench.pid}_before"]
    assert bench.returncode in (0, 1), errors
    rows = json.loads(out)["rows"]
    assert [row["work"].split(",")[0] for row in rows] == [
        "billing run", "recognition of a month", "usage over HTTP", "pricing 500 lines",
        "pricing grows with lines", *["on a 200-line quote"] * 6, "a customer's choice", "lists", "documents", "reports", "invoice PDF",
    ]  # fmt: skip
    assert all(row["value"] > 0 for row in rows)
    assert (bench.returncode == 0) == all(row["reached"] for row in rows)
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname = ANY(%s)", [made])
        assert cursor.fetchall() == []


def test_a_limit_is_a_least_or_a_most():
    half = Row("billing run", 0.4, 0.5, "of COPY", "")
    wait = Row("lists", 140, 150, "ms", "", is_more_better=False)
    assert not half.is_reached
    assert wait.is_reached
    assert "MISSED" in as_text([half, wait]).splitlines()[2]
