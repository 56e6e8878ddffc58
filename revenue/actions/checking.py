"""Have the books checked by a worker: it reads every line, so no page waits for it."""

from dataclasses import asdict
from datetime import datetime, timedelta

from django.db import connection, transaction

from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.jobs import enqueue
from q2c.infra.locks import locked
from revenue.models import BooksCheck
from revenue.queries.checks import check_books

JOB = "revenue.check_books"
MOST_KEPT = 200  # findings
DAY = timedelta(days=1)
PATIENCE = timedelta(minutes=10)  # after that a check that never ended is asked for again


@transaction.atomic
def ask_for_check(*, by: User | None, at: datetime) -> BooksCheck:
    """Ask for a check of the books; one that is under way answers this too."""
    require(by, Permission.VIEW_LEDGER)
    under_way = BooksCheck.objects.filter(finished_at=None, asked_at__gt=at - PATIENCE)
    if found := under_way.order_by("-pk").first():
        return found
    check = BooksCheck.objects.create(asked_at=at, asked_by=by)
    enqueue(JOB, key=str(check.pk), payload={"check_id": check.pk}, at=at)
    return check


def ask_daily(*, at: datetime) -> BooksCheck | None:
    """Ask for a check unless somebody did within a day."""
    if BooksCheck.objects.filter(asked_at__gt=at - DAY).exists():
        return None
    return ask_for_check(by=None, at=at)


@transaction.atomic
def run_check(check_id: int, *, at: datetime) -> BooksCheck:
    """Check the books and keep what was found; a check that has ended is left as it is."""
    check = locked(BooksCheck, check_id)
    if check.finished_at:
        return check
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '110s'")
    found = check_books()
    check.finding_count, check.finished_at = len(found), at
    check.findings = [asdict(finding) for finding in found[:MOST_KEPT]]
    check.save(update_fields=["finding_count", "findings", "finished_at"])
    return check
