"""The demo is loaded once, into an empty database only, and a killed loading is finished."""

import pytest
from django.contrib.auth import get_user_model
from django.core import management

from q2c.runtime import prepare


@pytest.fixture
def loaded(monkeypatch, tmp_path) -> list:
    """What `seed_demo` was asked for."""
    calls: list = []
    monkeypatch.setenv("Q2C_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(management, "get_commands", lambda: {"seed_demo": "q2c.demo"})
    monkeypatch.setattr(
        management, "call_command", lambda name, **options: calls.append((name, options))
    )
    return calls


def _somebody_exists() -> None:
    get_user_model().objects.create_user("a@q2c.example", "x", full_name="A", role="sales_rep")


@pytest.mark.django_db
def test_an_empty_database_gets_the_demo_company(loaded, tmp_path):
    prepare._load_demo()
    assert loaded == [("seed_demo", {"size": "S", "seed": 42})]
    assert (tmp_path / "demo").read_text() == "loaded"


@pytest.mark.django_db
def test_a_database_in_use_is_left_alone(loaded):
    _somebody_exists()
    prepare._load_demo()
    assert loaded == []


@pytest.mark.django_db
def test_a_loading_that_was_killed_is_finished(loaded, tmp_path):
    (tmp_path / "demo").write_text("loading")
    _somebody_exists()
    prepare._load_demo()
    assert len(loaded) == 1
    assert (tmp_path / "demo").read_text() == "loaded"


@pytest.mark.django_db
def test_a_loaded_demo_is_not_loaded_again(loaded, tmp_path):
    (tmp_path / "demo").write_text("loaded")
    _somebody_exists()
    prepare._load_demo()
    assert loaded == []
