"""What settings refuse and how they read the environment."""

import os
import subprocess
import sys

import pytest

from q2c.runtime import environment
from q2c.runtime.bootstrap import ROOT

READ = (
    "import q2c.settings as s; print(s.SECRET_KEY, s.STRIPE_WEBHOOK_SECRETS, s.SECURE_SSL_REDIRECT)"
)


def _settings(**given: str) -> subprocess.CompletedProcess:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", READ],
        cwd=ROOT,
        env={**kept, **given},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("given", [{"Q2C_DEMO": "0"}, {"Q2C_PUBLIC_URL": "https://q2c.example"}])
def test_the_secret_of_the_demo_is_refused_elsewhere(given):
    done = _settings(**given)
    assert done.returncode != 0
    assert "Set SECRET_KEY to a long random value" in done.stderr


def test_outside_the_demo_no_webhook_secret_stands_by_default():
    done = _settings(Q2C_DEMO="0", SECRET_KEY="s3cret", Q2C_PUBLIC_URL="https://q2c.example")
    assert done.stdout.split() == ["s3cret", "[]", "True"]


def test_a_real_stripe_key_ends_the_trust_in_the_stand_in():
    done = _settings(STRIPE_SECRET_KEY="sk_live_x")
    assert done.stdout.split()[1] == "[]"


def test_a_database_address_may_name_a_socket_folder():
    read = environment.database(
        "postgresql://ann:p%40ss@/q2c?host=/run/q2c&port=5433&sslmode=disable"
    )
    assert (read["NAME"], read["USER"], read["PASSWORD"]) == ("q2c", "ann", "p@ss")
    assert (read["HOST"], read["PORT"]) == ("/run/q2c", "5433")
    assert read["OPTIONS"]["sslmode"] == "disable"


@pytest.mark.parametrize(
    ("given", "broker"),
    [
        ("redis://cache:6379/3", "redis://cache:6379/3"),
        ("unix:///run/r.sock?db=2", "redis+socket:///run/r.sock?virtual_host=2"),
        ("unix:///run/r.sock", "redis+socket:///run/r.sock?virtual_host=0"),
    ],
)
def test_celery_reads_the_same_redis(given, broker, monkeypatch):
    monkeypatch.setenv("REDIS_URL", given)
    assert environment.broker_url() == broker
