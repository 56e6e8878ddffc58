"""What the books bring to the shared pages."""

from collections.abc import Iterable
from datetime import datetime

from django.urls import reverse
from django.utils import timezone

from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.kernel.periods import month_of
from q2c.web.registry import (
    Card,
    Item,
    register_home,
    register_nav,
    register_panel,
    register_search,
)
from revenue.models import JournalEntry, Period
from revenue.queries.periods import late_count


def register() -> None:
    """Join the shared pages; called once, when the app is ready."""
    see = Permission.VIEW_LEDGER
    for label, name, icon, order in (
        ("Ledger", "ledger", "book-open", 60),
        ("Trial balance", "trial_balance", "scale", 61),
        ("Receivables", "receivables", "clock", 62),
        ("Deferred revenue", "waterfall", "chart-bar", 63),
        ("Recognition", "recognition", "arrow-trending-up", 64),
        ("Periods", "periods", "calendar", 65),
        ("Tie-out", "tie_out", "check-badge", 66),
    ):
        register_nav(
            "Account", label, f"revenue:{name}", icon=icon, permission=see, order=order,
            shortcut="l" if name == "ledger" else "",
        )  # fmt: skip
    register_home("revenue", _home)
    register_search("revenue", _search)
    register_panel("invoice", "Ledger", "revenue:invoice_panel", permission=see, order=50)
    register_panel("payment", "Ledger", "revenue:payment_panel", permission=see, order=50)
    register_panel("customer", "Balance", "revenue:customer_panel", permission=see, order=5)


def _home(user: User, at: datetime) -> Iterable[Card]:
    if not user.may(Permission.CLOSE_PERIODS):
        return
    start = month_of(timezone.localdate(at)).start
    months = Period.objects.filter(state=Period.OPEN, ends_on__lte=start)
    rows = months.select_related("legal_entity").order_by("starts_on")
    yield Card(
        title="Months to close",
        count=rows.count(),
        items=[
            Item(f"{row}, {row.legal_entity.code}", reverse("revenue:periods")) for row in rows[:5]
        ],
        tone="amber",
        url=reverse("revenue:periods"),
        empty="All months that are over are closed.",
    )
    if count := late_count(before=start):
        yield Card(
            title="Schedules with revenue not recognised",
            count=count,
            items=[Item("Recognise through last month", reverse("revenue:recognition"))],
            tone="amber",
            url=reverse("revenue:recognition"),
        )


def _search(user: User, text: str) -> list[Item]:
    if not user.may(Permission.VIEW_LEDGER):
        return []
    rows = JournalEntry.objects.filter(number=text.upper()).order_by("-pk")[:5]
    return [
        Item(f"{row} · {row.memo}", reverse("revenue:entry", args=[row.pk]), "", "Ledger")
        for row in rows
    ]
