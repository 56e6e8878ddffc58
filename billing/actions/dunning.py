"""Dunning: overdue invoices get letters, level by level, until they are settled."""

from datetime import date, datetime

from django.db import transaction
from django.db.models import F

from billing.events import DunningLetterSent
from billing.models import DunningLetter, DunningLevel, Invoice
from billing.rules.dunning import Level, next_letter
from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.bus import publish
from q2c.infra.locks import locked
from q2c.kernel.errors import Refused


def send_due_letters(*, on: date, at: datetime, legal_entity_id: int, limit: int = 1000) -> int:
    """Send the letters that are due on a day; each invoice on its own. Returns how many."""
    levels = dunning_levels()
    if not levels:
        return 0
    overdue = Invoice.objects.filter(
        legal_entity_id=legal_entity_id,
        kind=Invoice.INVOICE,
        state="posted",
        settled__lt=F("total"),
        due_on__lt=on,
    ).exclude(dunning_letters__level=levels[-1].level)
    rows = overdue.prefetch_related("dunning_letters").order_by("due_on", "pk")[:limit]
    sent = 0
    for invoice in rows:
        letters = list(invoice.dunning_letters.all())
        if any(letter.sent_on == on for letter in letters):
            continue
        level = next_letter(
            levels, due_on=invoice.due_on, on=on, sent=[letter.level for letter in letters]
        )
        if level:
            sent += _send(invoice.pk, level, on=on, by=None, at=at)
    return sent


def send_letter_now(invoice_id: int, *, on: date, by: User, at: datetime) -> int:
    """Send an overdue invoice's next letter by hand; returns its level."""
    require(by, Permission.MANAGE_COLLECTIONS)
    invoice = Invoice.objects.get(pk=invoice_id)
    if invoice.due_on >= on or invoice.settled == invoice.total:
        raise Refused("This invoice is not overdue.")
    sent = set(invoice.dunning_letters.values_list("level", flat=True))
    level = next((step.level for step in dunning_levels() if step.level not in sent), None)
    if level is None:
        raise Refused("All letters have gone out already.")
    _send(invoice_id, level, on=on, by=by, at=at)
    return level


def dunning_levels() -> list[Level]:
    return [Level(*row) for row in DunningLevel.objects.values_list("level", "days_overdue")]


@transaction.atomic
def _send(invoice_id: int, level: int, *, on: date, by: User | None, at: datetime) -> bool:
    invoice = locked(Invoice, invoice_id)
    if invoice.settled == invoice.total:
        return False
    _, is_new = DunningLetter.objects.get_or_create(
        invoice=invoice,
        level=level,
        defaults={"open_amount": invoice.total - invoice.settled, "sent_on": on, "at": at},
    )
    if is_new:
        publish(
            DunningLetterSent(at=at, invoice_id=invoice.pk, level=level),
            by=by,
            customer_id=invoice.customer_id,
        )
    return is_new
