"""Bill one shard of customers in one transaction; one customer's bad data stops nobody else."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import structlog
from django.db import DatabaseError, transaction

from billing.actions.drawing import (
    Credit,
    Late,
    draw,
    draws_of,
    late_periods,
    read_credit,
)
from billing.actions.posting import post_drafts
from billing.models import BillingRun, BillingShard, RunOutcome
from billing.queries.due import (
    agreed_for,
    charges_due,
    late_usage,
    move_charges,
    usage_of,
)
from billing.queries.parties import Buyer, Seller, buyers, sellers
from billing.rules.agreed import Agreements, by_charge, check_agreed
from billing.rules.charging import billed_through_after, late_slice, next_on, slices
from billing.rules.credits import Drawing
from billing.rules.due import DueCharge, Slice, Usage
from billing.rules.invoicing import Draft, drafts
from orders.actions import draw_credits
from orders.queries.credits import Draw
from q2c.catalog.taxes import AppliedTax, TaxTable
from q2c.infra.copy import collector_paused
from q2c.kernel.errors import Refused
from q2c.kernel.rating import ChargeKind

log = structlog.get_logger(__name__)

Move = tuple[int, date, date | None, Decimal]


class Bill(NamedTuple):
    """What one customer is to be invoiced, and where its charges stand afterwards."""

    customer_id: int
    drafts: list[Draft]
    moves: list[Move]
    draws: list[Draw]


@dataclass
class Material:
    """All that a shard's customers are billed from, read by set."""

    on: date
    sellers: Mapping[int, Seller]
    buyers: Mapping[int, Buyer]
    usage: Usage
    late: Mapping[int, Decimal]
    agreed: Agreements
    credit: Credit
    taxes: TaxTable
    known_taxes: dict[tuple[Any, ...], AppliedTax] = field(default_factory=dict)


@collector_paused()
@transaction.atomic
def bill_shard(shard_id: int, *, at: datetime) -> bool:
    """Bill the customers of a shard; False when it is done already or another worker has it.

    Everything or nothing: a worker that dies leaves the shard as it was. Customers that cannot be
    billed are parked with the reason, and the others are billed.
    """
    shard = (
        BillingShard.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
        .select_related("run")
        .filter(pk=shard_id, done_at=None)
        .first()
    )
    if shard is None:
        return False
    run = shard.run
    material, charges = _read(shard, at=at)
    bills, parked = _make_bills(charges, material)
    if run.post:
        bills = _write_or_park(bills, material, parked, run=run, at=at)
    _note(shard, bills, parked, at=at)
    return True


def _read(shard: BillingShard, *, at: datetime) -> tuple[Material, dict[int, list[DueCharge]]]:
    run = shard.run
    by_customer = charges_due(
        first=shard.first_customer_id,
        last=shard.last_customer_id,
        on=run.on,
        entity_id=run.legal_entity_id,
    )
    charges = [charge for group in by_customer.values() for charge in group]
    material = Material(
        on=run.on,
        sellers=sellers({charge.legal_entity_id for charge in charges}),
        buyers=buyers(list(by_customer)),
        usage=usage_of(charges, on=run.on),
        late=late_usage(charges),
        agreed=by_charge(agreed_for(charge.id for charge in charges)),
        credit=read_credit(charges, on=run.on, at=at),
        taxes=TaxTable.load(),
    )
    return material, by_customer


def _make_bills(
    by_customer: Mapping[int, Sequence[DueCharge]], material: Material
) -> tuple[list[Bill], dict[int, str]]:
    bills, parked = [], {}
    for customer_id, charges in by_customer.items():
        try:
            bills.append(_bill(customer_id, charges, material))
        except Refused as refusal:
            parked[customer_id] = refusal.message
        except Exception as error:
            log.exception("customer_not_billed", customer=customer_id)
            parked[customer_id] = _unexpected(error)
    return bills, parked


def _bill(customer_id: int, charges: Sequence[DueCharge], material: Material) -> Bill:
    due: list[Slice] = []
    moves: list[Move] = []
    # Late use is rare, so this reads for one charge.
    late = {c.id: late_periods(c) for c in charges if c.id in material.late}
    drawing = draw(charges, late, material.credit, customer_id=customer_id, on=material.on)
    for charge in charges:
        overage = _overage(charge, drawing)
        found = slices(charge, on=material.on, usage=material.usage, overage=overage)
        if charge.id in material.agreed:
            for part in found:
                check_agreed(part, material.agreed)
        if charge.id in late:
            found = _late(charge, late[charge.id], drawing) + found
        due += found
        through = billed_through_after(charge, on=material.on)
        usage = charge.billed_usage
        if charge.charge_kind == ChargeKind.USAGE:
            usage += sum((row.quantity for row in found), Decimal(0))
        moves.append((charge.id, through, next_on(charge, billed_through=through), usage))
    tax_of = _tax_of(customer_id, material)
    roundings = {pk: seller.tax_rounding for pk, seller in material.sellers.items()}
    found_drafts = drafts(due, on=material.on, tax_of=tax_of, roundings=roundings)
    return Bill(customer_id, found_drafts, moves, draws_of(drawing) if drawing else [])


def _overage(charge: DueCharge, drawing: Drawing | None) -> Mapping[date, Decimal] | None:
    """Return what no credits cover of a usage charge's periods; None where none are drawn."""
    if drawing is None or charge.charge_kind != ChargeKind.USAGE:
        return None
    return {
        start: quantity
        for (item_id, start, revision), quantity in drawing.overage.items()
        if item_id == charge.item_id and not revision
    }


def _late(charge: DueCharge, rows: Sequence[Late], drawing: Drawing | None) -> list[Slice]:
    found = []
    for row in rows:
        above = None
        if drawing is not None and charge.item_id is not None:
            part = (charge.item_id, row.period.start, row.billed.lines)
            above = row.overage + drawing.overage.get(part, Decimal(0))
        found.append(
            late_slice(charge, row.period, total=row.total, billed=row.billed, overage=above)
        )
    return [each for each in found if each is not None]


def _tax_of(customer_id: int, material: Material) -> Callable[[Slice], AppliedTax]:
    buyer = material.buyers[customer_id]
    known = material.known_taxes

    def tax_of(found: Slice) -> AppliedTax:
        charge = found.charge
        # Goods are taxed where they arrive, services where the customer is.
        place = (charge.shipment_id and buyer.ship_to) or buyer.place
        if place is None:
            raise Refused(f"{buyer.name} has no billing address. Add one on the customer's page.")
        entity = charge.legal_entity_id
        key = (entity, place, buyer.has_tax_id, buyer.is_exempt, charge.tax_class)
        if key not in known:
            known[key] = material.taxes.decide(
                seller=material.sellers[entity].place,
                buyer=place,
                buyer_has_tax_id=buyer.has_tax_id,
                buyer_exempt=buyer.is_exempt,
                tax_class=charge.tax_class,
                on=material.on,
            )
        return known[key]

    return tax_of


def _write_or_park(
    bills: list[Bill],
    material: Material,
    parked: dict[int, str],
    *,
    run: BillingRun,
    at: datetime,
) -> list[Bill]:
    """Write the bills; where that fails, halve them until whose data is at fault is alone."""
    if not bills:
        return []
    try:
        with transaction.atomic():
            _write(bills, material, run=run, at=at)
    except (Refused, DatabaseError, ValueError, TypeError, ArithmeticError) as error:
        if len(bills) == 1:
            words = error.message if isinstance(error, Refused) else _unexpected(error)
            parked[bills[0].customer_id] = words
            return []
        middle = len(bills) // 2
        halves = (bills[:middle], bills[middle:])
        return [
            bill
            for half in halves
            for bill in _write_or_park(half, material, parked, run=run, at=at)
        ]
    return bills


def _write(bills: Sequence[Bill], material: Material, *, run: BillingRun, at: datetime) -> None:
    move_charges([move for bill in bills for move in bill.moves])
    if draws := [row for bill in bills for row in bill.draws]:
        draw_credits(draws, at=at)
    post_drafts(
        [draft for bill in bills for draft in bill.drafts],
        sellers=material.sellers,
        buyers=material.buyers,
        run_id=run.pk,
        by=run.started_by,
        at=at,
    )


def _note(
    shard: BillingShard, bills: Sequence[Bill], parked: Mapping[int, str], *, at: datetime
) -> None:
    run = shard.run
    RunOutcome.objects.bulk_create(
        [
            RunOutcome(run=run, customer_id=customer_id, reason=reason, at=at)
            for customer_id, reason in parked.items()
        ],
        ignore_conflicts=True,
    )
    if run.post and bills:
        RunOutcome.objects.filter(
            customer_id__in=[bill.customer_id for bill in bills], resolved_at=None
        ).update(resolved_at=at)
    found = [draft for bill in bills for draft in bill.drafts]
    shard.done_at, shard.leased_until, shard.error = at, None, ""
    shard.invoice_count, shard.parked_count = len(found), len(parked)
    shard.totals = _totals(found)
    shard.save(
        update_fields=[
            "done_at",
            "leased_until",
            "error",
            "invoice_count",
            "parked_count",
            "totals",
        ]
    )


def _totals(found: Sequence[Draft]) -> dict[str, dict[str, Any]]:
    by_currency: dict[str, list[Draft]] = defaultdict(list)
    for draft in found:
        by_currency[draft.currency].append(draft)
    return {
        currency: {
            "count": len(group),
            "net": str(sum(draft.net for draft in group)),
            "tax": str(sum(draft.tax for draft in group)),
        }
        for currency, group in by_currency.items()
    }


def _unexpected(error: Exception) -> str:
    first_line = str(error).strip().partition("\n")[0]
    return f"Unexpected: {type(error).__name__}: {first_line}. Tell whoever runs this system."
