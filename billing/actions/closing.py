"""Bill nothing of what an order gave up: drop what is not invoiced yet, credit what is."""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from billing.actions.agreed import release_charges
from billing.actions.credits import credit_from
from billing.models import Charge, InvoiceLine
from orders.queries.deliveries import closed_services
from q2c.infra.locks import locked_many


@transaction.atomic
def drop_given_up(closing_id: int, *, at: datetime) -> list[int]:
    """Bill none of the services that a closing gave up; returns the credit notes' ids.

    Goods are charged as they are shipped, so nothing was charged of those.
    """
    order, services = closed_services(closing_id)
    own = Charge.objects.filter(order_line_id__in=services, item_id=None, shipment_id=None)
    charges = locked_many(Charge, own.values_list("pk", flat=True))
    reason = f"Part of {order} was given up."
    notes = _credit(charges, reason=reason, at=at)
    for charge in charges:  # those that one closing gave up
        charge.ends_on, charge.next_on = charge.starts_on, None
        release_charges([charge.pk], on=charge.starts_on, reason=reason, at=at)
    Charge.objects.bulk_update(charges, ["ends_on", "next_on"])
    return notes


def _credit(charges: Collection[Charge], *, reason: str, at: datetime) -> list[int]:
    lines = InvoiceLine.objects.filter(charge__in=charges).order_by("invoice_id", "pk")
    wanted: dict[int, dict[int, Decimal]] = {}
    for line in lines:
        wanted.setdefault(line.invoice_id, {})[line.pk] = line.net
    first_day = min((charge.starts_on for charge in charges), default=at.date())
    notes = [
        credit_from(invoice_id, amounts, from_day=first_day, reason=reason, at=at)
        for invoice_id, amounts in wanted.items()
    ]
    return [note.pk for note in notes if note]
