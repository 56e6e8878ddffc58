"""Dunning: overdue invoices get letters, level by level, until they are settled."""

from datetime import date, datetime, timedelta
from functools import reduce
from operator import or_

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from billing.events import DunningLetterSent
from billing.models import DunningLetter, DunningLevel, Invoice, PaymentRetry
from billing.queries.disputes import is_disputed, paid_by_disputed
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
    rows = _due(levels, on=on).filter(legal_entity_id=legal_entity_id)
    sent = 0
    for invoice in rows.prefetch_related("dunning_letters").order_by("due_on", "pk")[:limit]:
        letters = [letter.level for letter in invoice.dunning_letters.all()]
        level = next_letter(levels, due_on=invoice.due_on, on=on, sent=letters)
        if level:
            sent += _send(invoice.pk, level, on=on, by=None, at=at)
    return sent


def send_letter_now(invoice_id: int, *, on: date, by: User, at: datetime) -> int:
    """Send an overdue invoice's next letter by hand; returns its level."""
    require(by, Permission.MANAGE_COLLECTIONS)
    invoice = Invoice.objects.get(pk=invoice_id)
    is_owed = (invoice.kind, invoice.state) == (Invoice.INVOICE, "posted") and invoice.open
    if not is_owed or invoice.due_on >= on:
        raise Refused("This invoice is not overdue.")
    if is_disputed(invoice_id):
        raise Refused("Its payment is disputed. Wait until the bank has decided.")
    sent = dict(invoice.dunning_letters.values_list("level", "sent_on"))
    if on in sent.values():
        raise Refused("A letter for this invoice went out today. Send the next one another day.")
    level = next((step.level for step in dunning_levels() if step.level not in sent), None)
    if level is None:
        raise Refused("All letters have gone out already.")
    _send(invoice_id, level, on=on, by=by, at=at)
    return level


def dunning_levels() -> list[Level]:
    return [Level(*row) for row in DunningLevel.objects.values_list("level", "days_overdue")]


def _due(levels: list[Level], *, on: date) -> QuerySet[Invoice]:
    """Return open invoices that a letter is due for; none while a card is to be tried
    again, and none while a payment of it is disputed."""
    letters = DunningLetter.objects.filter(invoice=OuterRef("pk"))
    retries = PaymentRetry.objects.filter(invoice=OuterRef("pk"), done_at=None, cancelled_at=None)
    steps = [
        Q(~Exists(letters.filter(level=step.level)), due_on__lte=on - timedelta(step.days_overdue))
        for step in levels
    ]
    if not steps:
        return Invoice.objects.none()
    return Invoice.objects.filter(
        reduce(or_, steps),
        ~Exists(letters.filter(sent_on=on)),
        ~Exists(retries),
        ~paid_by_disputed(),
        kind=Invoice.INVOICE,
        state="posted",
        settled__lt=F("total"),
        due_on__lt=on,
    )


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
