"""`manage.py test` reports what pytest found, and never a broken run as a good one."""

import pytest

from q2c.runtime import checks
from q2c.runtime.checks import Outcome


@pytest.mark.parametrize(
    ("closing", "code", "outcome"),
    [
        ("=== 12 passed in 3.10s ===", 0, Outcome(12, 0, 0, 0)),
        ("=== 1 failed, 11 passed, 2 skipped in 3.10s ===", 1, Outcome(11, 1, 2, 1)),
        ("=== 3 passed, 1 warning, 2 errors in 3.10s ===", 1, Outcome(3, 2, 0, 1)),
        (
            "\x1b[31m=== \x1b[1m1 failed\x1b[0m, \x1b[32m4 passed\x1b[0m in 1.2s",
            1,
            Outcome(4, 1, 0, 1),
        ),
        ("=== no tests ran in 0.01s ===", 5, Outcome(0, 0, 0, 5)),
        ("INTERNALERROR> it broke", 3, Outcome(0, 0, 0, 3)),
    ],
)
def test_the_counts_come_from_pytests_closing_line(closing, code, outcome):
    assert (
        checks._read(f"tests/test_x.py ....\n1 passed in words only\n{closing}\n", code) == outcome
    )


@pytest.fixture
def run(monkeypatch, capsys):
    """`run(steps, outcome, arguments)` is the exit code and the last line."""

    def run(steps, outcome, arguments=()):
        monkeypatch.setattr(checks, "ensure_browser", lambda: None)
        monkeypatch.setattr(checks, "STEPS", steps)
        monkeypatch.setattr(checks, "_pytest", lambda arguments, environment: outcome)
        code = checks.main(list(arguments))
        return code, capsys.readouterr().out.splitlines()[-1].split(" in ")[0]

    return run


GOOD, BAD = ["true"], ["false"]


def test_all_good(run):
    assert run({"a": GOOD, "b": GOOD}, Outcome(5, 0, 0, 0)) == (0, "7 passed, 0 failed")


def test_a_failed_step_fails_the_run_but_the_others_still_run(run):
    assert run({"a": BAD, "b": GOOD}, Outcome(5, 0, 0, 0)) == (1, "6 passed, 1 failed")


def test_what_runs_aside_counts_like_the_others(run):
    steps = {"mypy": BAD, "a": GOOD}
    assert run(steps, Outcome(5, 0, 0, 0)) == (1, "6 passed, 1 failed")


def test_a_run_of_pytest_that_broke_off_is_a_failure(run):
    assert run({"a": GOOD}, Outcome(0, 0, 0, 3)) == (1, "1 passed, 1 failed")


def test_with_arguments_pytest_runs_alone(run):
    assert run({"a": BAD}, Outcome(2, 0, 1, 0), ["tests/x"]) == (0, "2 passed, 0 failed, 1 skipped")
