"""A draft that renews a contract, from what runs at its end."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _

from q2c.identity.models import User
from q2c.infra.bus import publish
from q2c.infra.clock import day_in
from q2c.kernel.billing_time import billing_anchor
from q2c.kernel.proration_policy import ProrationPolicy
from q2c.kernel.rating import ChargeModel, plain
from quotes.actions.answering import cancel_open
from quotes.actions.carrying import carried_lines, price_for, set_price, unit_price_of
from quotes.actions.drafting import VALID_FOR, take_quote_numbers
from quotes.actions.repricing import reprice
from quotes.events import QuoteCreated
from quotes.models import Price, Quote, QuoteKind, QuoteLine
from quotes.queries import contract_book, renewal_quote
from quotes.rules.renewing import (
    RenewalBasis,
    RenewalMethod,
    Segment,
    check_uplift,
    uplifted,
)
from quotes.rules.running import RunningItem
from quotes.rules.states import LIFECYCLE
from quotes.rules.tiers import raised


@dataclass(frozen=True, kw_only=True)
class Renewal:
    """What to renew and how: for how long, at which prices."""

    contract_id: int
    from_quote_id: int
    starts_on: date
    term_months: int
    method: RenewalMethod = RenewalMethod.SAME
    uplift_percent: Decimal = Decimal(0)
    basis: RenewalBasis = RenewalBasis.LAST_SEGMENT


def _title(old: Quote) -> str:
    """Return the heading, which the customer reads, too."""
    with translation.override(old.language):
        return (_("Renewal: %(title)s") % {"title": old.title}) if old.title else _("Renewal")


@transaction.atomic
def create_renewal_quote(
    renewal: Renewal,
    items: Sequence[RunningItem],
    *,
    at: datetime,
    by: User | None = None,
    besides: Collection[int] = (),
) -> int:
    """Draft a quote that continues the items which run when the contract ends; returns its id.

    `items` are all the contract ever had that ran: of a ramp the last segment goes on. Prices agreed
    with the customer for the new term come in the place of those before. Asking again returns the
    quote that exists, unless it came to nothing (`besides` names accepted ones that no contract
    came of).
    """
    check_uplift(renewal.method, renewal.uplift_percent)
    if found := renewal_quote(renewal.contract_id, besides=besides):
        return found
    old = Quote.objects.select_related("legal_entity").get(pk=renewal.from_quote_id)
    today = day_in(old.legal_entity.time_zone, at)
    policy = ProrationPolicy.from_json(old.proration)
    new = Quote(
        number=take_quote_numbers(1, year=today.year)[0],
        state=LIFECYCLE.start.value,
        owner_id=by.pk if by else old.owner_id,
        title=_title(old),
        term_months=renewal.term_months,
        starts_on=renewal.starts_on,
        valid_until=max(renewal.starts_on, today + VALID_FOR),
        kind=QuoteKind.RENEWAL,
        anchor_on=billing_anchor(policy, starts_on=renewal.starts_on),
        renews_contract_id=renewal.contract_id,
        created_at=at,
        **{name: getattr(old, name) for name in _FROM_OLD},
    )
    new.save()
    lines = _lines(new, renewal, items)
    _take_contract_prices(new, lines)
    QuoteLine.objects.bulk_create(lines)
    reprice(new)
    new.save()
    publish(
        QuoteCreated(at=at, quote_id=new.pk),
        by=by,
        customer_id=new.customer_id,
        reason="Renewal of a contract that ends",
    )
    return new.pk


def _take_contract_prices(new: Quote, lines: Sequence[QuoteLine]) -> None:
    """Renew at the prices agreed with the customer where there are some for the new term."""
    book = contract_book(new.customer_id, currency=new.currency, on=new.starts_on)
    if book is None:
        return
    new.price_book, new.price_book_reason = book, f"“{book.name}”: contract prices are honoured."
    prices = book.prices.filter(Q(ends_on=None) | Q(ends_on__gt=new.starts_on))
    found = {
        (p.product_id, p.months, p.weeks): p for p in prices.filter(starts_on__lte=new.starts_on)
    }
    for line in lines:
        price = found.get((line.product_id or 0, line.months, line.weeks))
        if price is not None and not line.is_adjustment:
            line.list_unit_price, line.tiers = price.unit_price, price.tiers
            line.charge_model, line.floor_unit_price = price.charge_model, price.floor_unit_price
            line.agreed_unit_price, line.is_contract_price = None, False
            price_for(line, price.price_months)


def drop_open_renewals(contract_id: int, *, reason: str, at: datetime) -> None:
    """Withdraw renewals of a contract that the customer has not got yet: they are out of date."""
    cancel_open(Quote.objects.filter(renews_contract_id=contract_id), reason=reason, at=at)


_FROM_OLD = (
    "customer_id", "contact_id", "legal_entity_id", "price_book_id", "currency",
    "payment_terms_days", "auto_renew", "notes", "proration", "language",
)  # fmt: skip


def _lines(quote: Quote, renewal: Renewal, items: Sequence[RunningItem]) -> list[QuoteLine]:
    last_day = renewal.starts_on - timedelta(days=1)
    running = [
        item
        for item in items
        if item.since <= last_day and (item.ends_on is None or item.ends_on > last_day)
    ]
    lines = carried_lines(quote, running)
    if renewal.method is RenewalMethod.UPLIFT:
        ramps = _ramps(items)
        for line, item in zip(lines, running, strict=True):
            _uplift(line, _segments(item, items, ramps, renewal.starts_on), renewal)
    elif renewal.method is RenewalMethod.LIST:
        _at_list(lines, quote)
    return lines


def _ramps(items: Iterable[RunningItem]) -> dict[int, int]:
    """Return for each line sold at first the line that heads its ramp, often itself."""
    rows = QuoteLine.objects.filter(pk__in={item.origin_line_id for item in items})
    return {pk: ramp_of or pk for pk, ramp_of in rows.values_list("pk", "ramp_of_id")}


def _segments(
    item: RunningItem, items: Sequence[RunningItem], ramps: Mapping[int, int], end: date
) -> list[Segment]:
    ramp = ramps[item.origin_line_id]
    own = [each for each in items if ramps[each.origin_line_id] == ramp]
    found = [
        Segment(
            price=each.unit_price * (100 - each.discount_percent) / 100,
            starts_on=each.since,
            ends_on=each.ends_on or end,
        )
        for each in own
    ]
    return [segment for segment in found if segment.starts_on < segment.ends_on]


def _uplift(line: QuoteLine, segments: Sequence[Segment], renewal: Renewal) -> None:
    """Raise a line's prices; its discount stays what it was."""
    percent = renewal.uplift_percent
    price = uplifted(segments, percent=percent, basis=renewal.basis)
    last = max(segments, key=lambda segment: segment.starts_on).price
    factor = price / last if last else 1 + percent / 100
    line.price_reason = f"{plain(percent)} % a year more at renewal"
    if line.tiers:
        line.tiers = raised(line.tiers, factor)
    elif line.is_adjustment:
        line.list_unit_price = round(line.list_unit_price * factor, 8)
    else:
        set_price(line, round(unit_price_of(line) * factor, 8))


def _at_list(lines: Sequence[QuoteLine], quote: Quote) -> None:
    """Give lines the prices in force when the renewal starts; what is sold no more keeps its own."""
    in_force = Price.objects.filter(
        Q(ends_on=None) | Q(ends_on__gt=quote.starts_on),
        price_book_id=quote.price_book_id,
        product_id__in=[line.product_id for line in lines],
        starts_on__lte=quote.starts_on,
    ).order_by("starts_on")
    prices = {(price.product_id, price.months, price.weeks): price for price in in_force}
    for line in lines:
        price = prices.get((line.product_id or 0, line.months, line.weeks))
        if price is None or line.is_adjustment or price.charge_model == ChargeModel.PERCENT_OF:
            continue
        line.charge_model, line.tiers = price.charge_model, price.tiers
        line.list_unit_price, line.agreed_unit_price = price.unit_price, None
        line.floor_unit_price = price.floor_unit_price
        price_for(line, price.price_months)
        line.discount_percent, line.is_contract_price = Decimal(0), False
