"""`manage.py billing_run`, and the same work as jobs."""

import json
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from billing import tasks
from billing.actions import runs
from billing.models import BillingRun, Invoice
from q2c.infra import jobs
from q2c.infra.models import Job
from q2c.kernel.periods import months_after


def billing_run(*options: str) -> dict:
    out = StringIO()
    call_command("billing_run", *options, "--json", "--workers=1", stdout=out)
    return json.loads(out.getvalue())


def test_it_prints_what_it_did_and_repeating_it_does_nothing(customer, make_charge):
    make_charge(customer)
    dry = billing_run("--on=2026-01-01")
    wet = billing_run("--on=2026-01-01", "--post")
    again = billing_run("--on=2026-01-01", "--post")
    seen = [
        tuple(row[name] for name in ("posted", "invoices", "net", "tax", "total", "failed"))
        for row in (dry, wet, again)
    ]
    assert seen == [
        (False, 1, "50.00", "9.50", "59.50", 0),
        (True, 1, "50.00", "9.50", "59.50", 0),
        (True, 0, "0.00", "0.00", "0.00", 0),
    ]
    assert Invoice.objects.count() == 1


def test_it_says_who_could_not_be_billed_and_exits_with_1(make_customer, make_charge, capsys):
    customer = make_customer(has_address=False)
    make_charge(customer)
    with pytest.raises(SystemExit) as exit_:
        call_command("billing_run", "--on=2026-01-01", "--post", "--workers=1")
    assert exit_.value.code == 1
    text = capsys.readouterr().out
    assert "1 customer could not be billed" in text
    assert f"{customer.number}: {customer.legal_name} has no billing address." in text


@pytest.mark.parametrize("options", [["--on=yesterday"], [], ["--on=2026-01-01", "--workers=0"]])
def test_wrong_usage_is_refused(db, options):
    with pytest.raises(CommandError):
        call_command("billing_run", *options)
    assert not BillingRun.objects.exists()


def test_a_run_that_was_killed_is_taken_up(customer, make_charge):
    make_charge(customer)
    killed = runs.start_run(on=date(2026, 1, 1), post=True, by=None, at=timezone.now())
    assert billing_run("--on=2026-01-01", "--post")["invoices"] == 1
    killed.refresh_from_db()
    assert killed.finished_at
    assert Invoice.objects.count() == 1


def test_the_clock_starts_the_days_run_and_workers_finish_it(
    customer, make_charge, django_capture_on_commit_callbacks
):
    today = timezone.localdate()
    make_charge(customer, starts_on=today, ends_on=months_after(today, 1))
    tasks.tick()
    tasks.tick()
    run = BillingRun.objects.get()
    assert (run.is_daily, run.legal_entity_id) == (True, customer.legal_entity_id)
    job = Job.objects.get(kind=runs.SHARD_JOB)
    with django_capture_on_commit_callbacks(execute=True):
        assert jobs.run_job(job.pk, at=timezone.now())
    run.refresh_from_db()
    job.refresh_from_db()
    assert run.finished_at
    assert job.done_at
    assert Invoice.objects.get().run_id == run.pk
    assert not jobs.run_job(job.pk, at=timezone.now())


def test_the_clock_resumes_what_a_crash_left(customer, make_charge):
    make_charge(customer)
    long_ago = timezone.now() - 2 * runs.STALLED_AFTER
    run = runs.start_run(on=date(2026, 1, 1), post=True, by=None, at=long_ago)
    assert not Job.objects.filter(kind=runs.SHARD_JOB).exists()
    runs.resume_runs(at=timezone.now())
    job = Job.objects.get(kind=runs.SHARD_JOB)
    assert jobs.run_job(job.pk, at=timezone.now())
    runs.resume_runs(at=timezone.now())
    run.refresh_from_db()
    assert run.finished_at
    assert Invoice.objects.count() == 1
