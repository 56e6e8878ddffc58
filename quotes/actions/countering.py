"""A counter-offer: the customer edits, the seller answers edit by edit, a new version follows."""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from q2c.customers.models import PortalLink
from q2c.identity.models import User
from q2c.infra.bus import publish
from q2c.infra.clock import day_in
from q2c.infra.locks import locked
from q2c.kernel.errors import Refused
from q2c.kernel.rating import plain
from q2c.web.templatetags.q2c import signed
from quotes.actions.changing import change_line
from quotes.actions.drafting import change_quote, own_quote
from quotes.actions.lines import remove_line
from quotes.actions.repricing import price_amounts
from quotes.actions.sending import revise_quote
from quotes.actions.submitting import submit_quote
from quotes.events import CounterOfferAnswered, CounterOfferMade, CounterOfferWithdrawn
from quotes.models import TEXT_KINDS, CounterItem, CounterOffer, Quote, QuoteLine
from quotes.rules.countering import COUNTER_LIFECYCLE, OF_A_LINE, CounterState, Edit
from quotes.rules.states import LIFECYCLE, QuoteState

_FIELDS = {
    Edit.QUANTITY: "quantity",
    Edit.UNIT_PRICE: "agreed_unit_price",
    Edit.DISCOUNT: "discount_percent",
    Edit.TERM: "term_months",
    Edit.PAYMENT_TERMS: "payment_terms_days",
    Edit.START: "starts_on",
}


@dataclass(frozen=True, kw_only=True)
class AskedEdit:
    """An edit as the customer typed it; `field` is where a refusal of it is said."""

    edit: Edit
    reason: str
    value: str = ""
    line_id: int | None = None
    field: str = ""


@dataclass(frozen=True, kw_only=True)
class ItemAnswer:
    """Whether an edit is taken, and what is said to it."""

    is_taken: bool
    words: str = ""


@dataclass(frozen=True, slots=True)
class _Change:
    asked: AskedEdit
    line: QuoteLine | None
    value: Any  # as the field holds it; None to remove the line


@transaction.atomic
def make_counter_offer(  # noqa: PLR0913  who makes it is a user or the bearer of a link
    quote_id: int,
    edits: Sequence[AskedEdit],
    *,
    message: str = "",
    by: User | None,
    link: PortalLink | None = None,
    name: str = "",
    at: datetime,
) -> CounterOffer:
    """Keep what the customer would sign instead, each edit with its effect on the total.

    Refused when the offer is not open, another counter-offer waits, or nothing would change.
    """
    if by is not None:
        own_quote(quote_id, by=by)
    quote = locked(Quote, quote_id)
    LIFECYCLE.after(QuoteState(quote.state), "accept")
    if quote.valid_until < day_in(quote.legal_entity.time_zone, at):
        raise Refused(_("This offer is no longer open."))
    if quote.counter_offers.filter(state=CounterState.OPEN.value).exists():
        raise Refused(_("A counter-offer waits for an answer already. Withdraw it first."))
    lines = list(quote.lines.order_by("position"))
    changes = [_change(asked, quote, lines) for asked in edits]
    _check(changes, message)
    counter = CounterOffer.objects.create(
        quote=quote,
        link=link,
        author_label=name or (link.reader if link else "") or "Customer",
        message=message.strip(),
        effect=_effect(quote, lines, changes),
        made_at=at,
    )
    CounterItem.objects.bulk_create(
        _item(counter, position, change, _effect(quote, lines, [change]))
        for position, change in enumerate(changes, start=1)
    )
    publish(
        CounterOfferMade(at=at, quote_id=quote.pk, counter_offer_id=counter.pk),
        by=by,
        label=counter.author_label,
        customer_id=quote.customer_id,
        reason=f"{len(changes)} edits, {signed(counter.effect, quote.currency)} over the term",
    )
    return counter


@transaction.atomic
def withdraw_counter_offer(
    counter_id: int, *, by: User | None, link: PortalLink | None = None, at: datetime
) -> None:
    """Take a counter-offer back while it waits: whoever made it may, or one of us for them."""
    counter = locked(CounterOffer, counter_id)
    if by is not None:
        own_quote(counter.quote_id, by=by)
    if link is not None and not counter.is_of(link):
        raise Refused(
            _("Only %(name)s, who made this counter-offer, can withdraw it.")
            % {"name": counter.author_label}
        )
    counter.state = COUNTER_LIFECYCLE.after(CounterState(counter.state), "withdraw").value
    counter.save(update_fields=["state"])
    publish(
        CounterOfferWithdrawn(at=at, quote_id=counter.quote_id, counter_offer_id=counter.pk),
        by=by,
        label=(link.reader if link else "") or counter.author_label,
        customer_id=counter.quote.customer_id,
    )


@transaction.atomic
def answer_counter_offer(
    counter_id: int,
    answers: Mapping[int, ItemAnswer],
    *,
    words: str = "",
    submit: bool = False,
    by: User,
    at: datetime,
) -> CounterOffer:
    """Take or refuse each edit. Those taken make the next version of the quote, as a draft.

    They are made by the same actions as any edit, so approval is asked for as for any version;
    `submit` asks for it at once. The customer is told by mail.
    """
    counter = locked(CounterOffer, counter_id)
    quote = own_quote(counter.quote_id, by=by)
    after = COUNTER_LIFECYCLE.after(CounterState(counter.state), "answer")
    items = list(counter.items.select_related("line").order_by("position"))
    if missing := [item.position for item in items if item.pk not in answers]:
        raise Refused(f"Answer edit {missing[0]} too: take it or refuse it.", field="items")
    for item in items:
        answer = answers[item.pk]
        item.state = CounterItem.TAKEN if answer.is_taken else CounterItem.REFUSED
        item.answer = answer.words.strip()[:500]
    CounterItem.objects.bulk_update(items, ["state", "answer"])
    taken = [item for item in items if item.state == CounterItem.TAKEN]
    if taken:
        counter.new_version = _new_version(quote, taken, by=by, at=at)
        if submit:
            submit_quote(counter.new_version.pk, by=by, at=at)
    counter.state, counter.answer = after.value, words.strip()[:5000]
    counter.answered_by, counter.answered_at = by, at
    counter.save(update_fields=["state", "answer", "answered_by", "answered_at", "new_version"])
    publish(
        CounterOfferAnswered(at=at, quote_id=quote.pk, counter_offer_id=counter.pk),
        by=by,
        customer_id=quote.customer_id,
        reason=f"{len(taken)} of {len(items)} edits taken",
    )
    return counter


def _new_version(quote: Quote, taken: Sequence[CounterItem], *, by: User, at: datetime) -> Quote:
    new = revise_quote(quote.pk, by=by, at=at)
    copies = {line.position: line.pk for line in new.lines.all()}
    terms = {
        _FIELDS[Edit(item.edit)]: _value(Edit(item.edit), item.after)
        for item in taken
        if item.line is None
    }
    if terms:
        change_quote(new.pk, terms, by=by, at=at)
    for item in taken:  # what is removed goes last: options follow the line they belong to
        if item.line is not None and item.edit != Edit.REMOVE:
            changed = _line_fields(
                Edit(item.edit), _value(Edit(item.edit), item.after), item.reason
            )
            change_line(copies[item.line.position], changed, by=by, at=at)
    for item in taken:
        if item.line is not None and item.edit == Edit.REMOVE:
            remove_line(copies[item.line.position], by=by, at=at)
    return Quote.objects.get(pk=new.pk)


def _line_fields(edit: Edit, value: Any, reason: str) -> dict[str, Any]:
    """Return a line's fields after an edit; a price asked for is what is paid, without discount."""
    if edit is Edit.UNIT_PRICE:
        return {
            "agreed_unit_price": value,
            "discount_percent": Decimal(0),
            "price_reason": reason[:200],
        }
    return {_FIELDS[edit]: value}


def _change(asked: AskedEdit, quote: Quote, lines: Sequence[QuoteLine]) -> _Change:
    line = None
    if asked.edit in OF_A_LINE:
        fit = (x for x in lines if x.pk == asked.line_id and x.kind not in TEXT_KINDS)
        if (line := next(fit, None)) is None:
            raise Refused(_("Choose a line of this offer."), field=asked.field or "line_id")
    try:
        value = _value(asked.edit, asked.value)
        if asked.edit is not Edit.REMOVE:
            _check_bounds(asked.edit, value, line)
    except Refused as refusal:
        raise Refused(refusal.message, field=asked.field) from None
    if not asked.reason.strip():
        raise Refused(_("Please say why, in a word or two."), field=f"why-{asked.field}")
    return _Change(asked, line, value)


def _value(edit: Edit, text: str) -> Any:
    text = text.strip()
    try:
        if edit is Edit.REMOVE:
            return None
        if edit is Edit.START:
            return date.fromisoformat(text)
        if edit in (Edit.TERM, Edit.PAYMENT_TERMS):
            return int(text)
        value = Decimal(text)
    except (ValueError, InvalidOperation):
        value = Decimal("NaN")
    if not value.is_finite():
        raise Refused(_("“%(text)s” cannot be read here.") % {"text": text[:40]})
    return value


def _check_bounds(edit: Edit, value: Any, line: QuoteLine | None) -> None:
    least, most = {
        Edit.QUANTITY: (Decimal("0.000001"), Decimal(10) ** 9),
        Edit.UNIT_PRICE: (Decimal(0), Decimal(10) ** 9),
        Edit.DISCOUNT: (Decimal(0), Decimal(100)),
        Edit.TERM: (1, 120),
        Edit.PAYMENT_TERMS: (0, 365),
        Edit.START: (date(2000, 1, 1), date(2200, 1, 1)),
    }[edit]
    if not least <= value <= most:
        raise Refused(_("It lies outside of what can be offered."))
    if edit is Edit.UNIT_PRICE and line is not None and (line.tiers or line.kind == "bundle"):
        raise Refused(_("This line has prices by quantity. Ask for a discount instead."))


def _check(changes: Sequence[_Change], message: str) -> None:
    if not changes:
        raise Refused(_("Change something, or ask a question instead."))
    if len(changes) > 200 or len(message) > 5000:
        raise Refused(_("That is more than one counter-offer can hold."))
    removed = {c.line.pk for c in changes if c.line and c.asked.edit is Edit.REMOVE}
    for change in changes:
        is_removed = change.line is not None and change.line.pk in removed
        if is_removed and change.asked.edit is not Edit.REMOVE:
            raise Refused(_("A line is removed or changed, not both."), field=change.asked.field)


def _effect(quote: Quote, lines: Sequence[QuoteLine], changes: Sequence[_Change]) -> Decimal:
    """Return what the changes together do to the total over the term."""
    after, copies = copy(quote), {line.pk: copy(line) for line in lines}
    for change in changes:
        if change.line is None:
            setattr(after, _FIELDS[change.asked.edit], change.value)
        elif change.asked.edit is Edit.REMOVE:
            for line in lines:
                if change.line.pk in (line.pk, line.parent_id, line.ramp_of_id, line.setup_of_id):
                    copies.pop(line.pk, None)
        else:
            _edit_copy(change, copies)
    price_amounts(list(copies.values()), after)
    return after.contract_total - quote.contract_total


def _edit_copy(change: _Change, copies: Mapping[int, QuoteLine]) -> None:
    assert change.line is not None, "callers check"
    line, was = copies[change.line.pk], change.line.quantity
    for name, value in _line_fields(change.asked.edit, change.value, "").items():
        setattr(line, name, value)
    if line.kind == "bundle":  # its options follow, as when it is edited
        for child in copies.values():
            if child.parent_id == line.pk and not child.is_adjustment:
                if change.asked.edit is Edit.QUANTITY:
                    child.quantity = round(child.quantity / was * change.value, 6)
                if change.asked.edit is Edit.DISCOUNT:
                    child.discount_percent = change.value


def _item(counter: CounterOffer, position: int, change: _Change, effect: Decimal) -> CounterItem:
    edit, line = change.asked.edit, change.line
    owner: Any = line if line is not None else counter.quote
    before = "" if edit is Edit.REMOVE else getattr(owner, _FIELDS[edit])
    if edit is Edit.UNIT_PRICE and before is None and line is not None:
        before = line.list_unit_price
    return CounterItem(
        counter_offer=counter,
        position=position,
        edit=edit.value,
        line=line,
        before=_text(before),
        after=_text(change.value),
        reason=change.asked.reason.strip()[:500],
        effect=effect,
    )


def _text(value: Any) -> str:
    if value is None:
        return ""
    return plain(value) if isinstance(value, Decimal) else str(value)
