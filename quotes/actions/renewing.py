"""A draft that renews a contract, from what was agreed before."""

from collections.abc import Collection
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q

from q2c.identity.models import User
from q2c.infra.bus import publish
from q2c.infra.clock import day_in
from q2c.infra.numbers import WHOLE_COMPANY, next_number
from q2c.kernel.billing_time import billing_anchor
from q2c.kernel.proration_policy import ProrationPolicy
from quotes.actions.drafting import reprice
from quotes.actions.sending import copy_lines
from quotes.events import QuoteCreated
from quotes.models import LineChange, Quote, QuoteKind, QuoteLine
from quotes.queries import contract_book, renewal_quote
from quotes.rules.states import LIFECYCLE


@transaction.atomic
def create_renewal_quote(
    *,
    contract_id: int,
    from_quote_id: int,
    starts_on: date,
    at: datetime,
    by: User | None = None,
    besides: Collection[int] = (),
) -> int:
    """Draft a quote that continues a contract's recurring lines at their prices, for the same term.

    One-time lines and options not taken are left out; of a ramp the last segment goes on. Prices
    agreed with the customer for the new term come in the place of those before. Asking again
    returns the quote that exists, unless it came to nothing (`besides` names accepted ones that no contract came of); returns its id.
    """
    if found := renewal_quote(contract_id, besides=besides):
        return found
    old = Quote.objects.select_related("legal_entity").get(pk=from_quote_id)
    lines = _recurring(list(old.lines.order_by("position")))
    today = day_in(old.legal_entity.time_zone, at)
    new = Quote(
        number=next_number("Q", entity_id=WHOLE_COMPANY, year=today.year),
        state=LIFECYCLE.start.value,
        customer_id=old.customer_id,
        contact_id=old.contact_id,
        legal_entity_id=old.legal_entity_id,
        price_book_id=old.price_book_id,
        owner_id=old.owner_id,
        title=f"Renewal: {old.title}" if old.title else "Renewal",
        currency=old.currency,
        term_months=old.term_months,
        starts_on=starts_on,
        valid_until=max(starts_on, today + timedelta(days=30)),
        payment_terms_days=old.payment_terms_days,
        discount_percent=old.discount_percent,
        auto_renew=old.auto_renew,
        notes=old.notes,
        kind=QuoteKind.RENEWAL,
        proration=old.proration,
        anchor_on=billing_anchor(ProrationPolicy.from_json(old.proration), starts_on=starts_on),
        language=old.language,
        renews_contract_id=contract_id,
        created_at=at,
    )
    _take_contract_prices(new, lines)
    new.save()
    copy_lines(lines, new)
    reprice(new)
    new.save()
    publish(
        QuoteCreated(at=at, quote_id=new.pk),
        by=by,
        customer_id=new.customer_id,
        reason="Renewal of a contract that ends",
    )
    return new.pk


def _take_contract_prices(new: Quote, lines: list[QuoteLine]) -> None:
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
            line.agreed_unit_price = None


def _recurring(lines: list[QuoteLine]) -> list[QuoteLine]:
    last = {line.ramp_of_id or line.pk: line.pk for line in sorted(lines, key=_first_day)}
    kept = {
        line.pk
        for line in lines
        if line.charge_kind != "one_time"
        and line.is_chosen
        and line.change != LineChange.REMOVE
        and last[line.ramp_of_id or line.pk] == line.pk
    }
    above = {line.pk: line.parent_id for line in lines}
    for pk in list(kept):  # with the bundles in which they stand
        parent = above.get(pk)
        while parent is not None:
            kept.add(parent)
            parent = above.get(parent)
    found = [line for line in lines if line.pk in kept]
    for line in found:
        line.starts_on = line.ends_on = line.ramp_of = line.item_id = None
        line.is_optional, line.choice_group, line.choice, line.change = False, "", "", ""
    return found


def _first_day(line: QuoteLine) -> date:
    return line.starts_on or date.min
