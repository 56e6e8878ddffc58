"""Merge a quote into a draft: its lines with all that belongs to them, and where they came from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.text import Truncator

from q2c.catalog.models import ProductKind
from q2c.identity.models import User
from q2c.infra.locks import locked
from q2c.kernel.errors import Refused
from q2c.kernel.proration_policy import ProrationPolicy
from q2c.kernel.rating import plain
from quotes.actions.drafting import check_header, draft_of, own_quote, saved
from quotes.actions.fitting import fit_days
from quotes.actions.merged import mark_merged, versions_of
from quotes.actions.ordering import next_position, renumber
from quotes.actions.repricing import reprice
from quotes.actions.sending import carry_answers, copy_lines
from quotes.models import TEXT_KINDS, LineKind, Quote, QuoteKind, QuoteLine
from quotes.queries import pricing_day, quote_terms, visible_to
from quotes.rules.merging import Difference, differences, kept_apart, kept_discount
from quotes.rules.states import QuoteState

_OPEN = (QuoteState.DRAFT, QuoteState.APPROVED)
_HAD = (QuoteState.SENT, QuoteState.EXPIRED, QuoteState.DECLINED)
_LABELS = {
    "starts_on": "Starts",
    "term": "Term",
    "price_book": "Price book",
    "discount": "Discount on the whole",
    "coupon": "Coupon",
    "proration": "Billing periods",
    "priced_on": "Prices of",
    "payment_terms": "Payment",
    "renews": "Renews",
    "valid_until": "Valid until",
    "language": "Language",
    "contact": "Contact",
    "channel": "Channel",
    "cover_letter": "Cover letter",
}


@dataclass(frozen=True, kw_only=True)
class Merge:
    """How a quote is merged in.

    Its lines stand under `heading`, if one is given. `keeps_discount` lets them keep the discount
    on the whole of the quote they come from; `segments` says what becomes of lines with days of
    their own where the terms differ (see rules.ramps.WAYS).
    """

    heading: str = ""
    keeps_discount: bool = True
    segments: str | None = None


@dataclass(frozen=True, slots=True)
class MovedPrice:
    """A line that costs something else over the term once it is merged; options may not count."""

    description: str
    before: Decimal
    after: Decimal
    currency: str
    counts: bool

    @property
    def delta(self) -> Decimal:
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class MergePreview:
    """What merging would do: terms that differ, groups that get another name, and every amount.

    `before` are the totals of both quotes, `after` that of the one; net, in the quotes' currency.
    """

    differences: tuple[Difference, ...]
    renamed: dict[str, str]
    line_count: int
    before: tuple[Decimal, Decimal]
    after: Decimal
    moved: tuple[MovedPrice, ...]
    currency: str

    @property
    def apart(self) -> Decimal:
        """What both cost."""
        return sum(self.before, Decimal(0))

    @property
    def delta(self) -> Decimal:
        """How much more the one costs than both did."""
        return self.after - self.apart


@transaction.atomic
def merge_quotes(
    quote_id: int,
    source_id: int,
    merge: Merge = Merge(),
    *,
    by: User,
    at: datetime,
    seen: int | None = None,
) -> Quote:
    """Take another quote's lines into a draft of the same customer; each keeps the line it came from.

    The draft's terms hold and price everything anew. The other quote is closed: at once while the
    customer has not got it, otherwise when this one is sent. Refuses quotes of another customer,
    currency or seller, accepted ones, amendments and renewals.
    """
    _lock(quote_id, source_id)
    quote, source = draft_of(quote_id, by=by, seen=seen), own_quote(source_id, by=by)
    _check(quote, source)
    before = quote.contract_total
    lines = _taken_over(quote, source, merge, by=by, at=at)
    if source.notes.strip() and source.notes.strip() not in quote.notes:
        quote.notes = f"{quote.notes}\n\n{source.notes}".strip()
    check_header(quote)
    fit_days(
        quote,
        before=quote_terms(source).term,
        way=merge.segments,
        only={line.pk for line in lines},
    )
    renumber(quote)
    reprice(quote)
    mark_merged(source, quote, by=by, at=at)
    changes = {
        "merged in": ["", f"{source} ({len(lines)} lines)"],
        "contract total": [plain(before), plain(quote.contract_total)],
    }
    return saved(quote, by=by, at=at, changes=changes, merges=source)


@transaction.atomic
def preview_merge(
    quote_id: int, source_id: int, merge: Merge = Merge(), *, by: User, at: datetime
) -> MergePreview:
    """Return what merging would do: it is done by the same code, and taken back at once."""
    visible = visible_to(by)
    ours, theirs = (visible.filter(pk=pk).first() for pk in (quote_id, source_id))
    if ours is None or theirs is None:
        raise Refused("There is no such quote.", field="quote_id")
    before = {line.pk: line for line in [*ours.lines.all(), *theirs.lines.all()]}
    renamed = _renamed(ours, theirs)
    with transaction.atomic():
        after = merge_quotes(quote_id, source_id, merge, by=by, at=at)
        lines = list(after.lines.order_by("position"))
        transaction.set_rollback(True)
    pairs = [(before.get(line.from_line_id or line.pk), line) for line in lines]
    return MergePreview(
        differences=tuple(differences(_LABELS, _terms(ours), _terms(theirs))),
        renamed=renamed,
        line_count=theirs.lines.count(),
        before=(ours.contract_total, theirs.contract_total),
        after=after.contract_total,
        moved=tuple(
            MovedPrice(
                line.description,
                old.contract_total,
                line.contract_total,
                after.currency,
                line.is_sold,
            )
            for old, line in pairs
            if old is not None and old.contract_total != line.contract_total
        ),
        currency=after.currency,
    )


def _lock(quote_id: int, source_id: int) -> None:
    if quote_id == source_id:
        raise Refused("A quote cannot be merged into itself. Choose another one.", field="quote_id")
    for pk in sorted((quote_id, source_id)):
        locked(Quote, pk)


def _check(quote: Quote, source: Quote) -> None:
    """Refuse two quotes that cannot be one."""
    _check_kinds(quote, source)
    for name, words in (
        ("customer_id", f"{source} is for {source.customer}, and {quote} for {quote.customer}"),
        ("currency", f"{source} is in {source.currency}, and {quote} in {quote.currency}"),
        (
            "legal_entity_id",
            f"{source} is sold by {source.legal_entity}, and {quote} by {quote.legal_entity}",
        ),
    ):
        if getattr(quote, name) != getattr(source, name):
            raise Refused(f"{words}, so they cannot be one quote.", field="quote_id")
    if source.merged_into is not None:
        raise Refused(f"{source} was merged into {source.merged_into} already.", field="quote_id")
    _check_state(source)
    if not source.lines.exists():
        raise Refused(f"{source} has no lines to merge.", field="quote_id")


def _check_kinds(quote: Quote, source: Quote) -> None:
    if QuoteKind.AMENDMENT in (quote.kind, source.kind):
        one = source if source.kind == QuoteKind.AMENDMENT else quote
        raise Refused(
            f"{one} amends a contract, so it stays by itself. Change the amendment instead.",
            field="quote_id",
        )
    if source.kind == QuoteKind.RENEWAL:
        raise Refused(
            f"{source} renews a contract, which would end without it. Merge {quote} into "
            f"{source} instead.",
            field="quote_id",
        )


def _check_state(source: Quote) -> None:
    state = QuoteState(source.state)
    for version in versions_of(source.number):
        if version.state == QuoteState.ACCEPTED.value:
            raise Refused(
                f"The customer accepted {version}. Amend its contract instead.", field="quote_id"
            )
        if version.version > source.version and version.state != QuoteState.CANCELLED.value:
            raise Refused(f"{version} is newer. Merge that one.", field="quote_id")
    if state is QuoteState.IN_REVIEW:
        raise Refused(f"{source} waits for approval. Recall it first.", field="quote_id")
    if state not in (*_OPEN, *_HAD):
        raise Refused(
            f"{source} is {state.replace('_', ' ')}. Copy it, and merge the copy.",
            field="quote_id",
        )


def _taken_over(
    quote: Quote, source: Quote, merge: Merge, *, by: User, at: datetime
) -> list[QuoteLine]:
    """Copy the lines below those that stand here; returns the copies."""
    place = next_position(quote)
    if merge.heading.strip():
        _head(quote, merge.heading.strip(), place)
        place += 1
    lines, groups = list(source.lines.order_by("position")), _renamed(quote, source)
    for line in lines:
        line.position += place
        line.from_line_id = line.pk
        line.choice_group = groups.get(line.choice_group, line.choice_group)
    if merge.keeps_discount and source.discount_percent != quote.discount_percent:
        _keep_discount(lines, quote, source, by=by, at=at)
    carry_answers(source, quote, lines)
    copy_lines(lines, quote)
    return lines


def _head(quote: Quote, words: str, place: int) -> None:
    if len(words) > 300:
        raise Refused("A heading has at most 300 characters.", field="heading")
    QuoteLine.objects.create(
        quote=quote,
        position=place,
        kind=LineKind.SECTION,
        description=words,
        charge_kind="one_time",
        charge_model="flat",
        quantity=Decimal(0),
        list_unit_price=Decimal(0),
    )


def _keep_discount(
    lines: Sequence[QuoteLine], quote: Quote, source: Quote, *, by: User, at: datetime
) -> None:
    """Give lines the discount on the whole that they had; the price agreed stays explained."""
    reason = f"Keeps {plain(source.discount_percent)} % on the whole of {source}"
    for line in lines:
        if line.kind in TEXT_KINDS or line.is_adjustment:
            continue
        kept = kept_discount(
            line.discount_percent, theirs=source.discount_percent, ours=quote.discount_percent
        )
        if kept != line.discount_percent:
            line.discount_percent = kept
            if line.kind != ProductKind.BUNDLE:
                line.negotiated_by, line.negotiated_at = line.negotiated_by or by, at
                line.price_reason = "; ".join(filter(None, [line.price_reason, reason]))[:200]


def _renamed(quote: Quote, source: Quote) -> dict[str, str]:
    ours, theirs = (
        one.lines.exclude(choice_group="")
        .order_by("position")
        .values_list("choice_group", flat=True)
        for one in (quote, source)
    )
    return kept_apart(ours, theirs)


def _terms(quote: Quote) -> dict[str, str]:
    """Return the terms by which two quotes may differ, in words."""
    policy = ProrationPolicy.from_json(quote.proration)
    return {
        "starts_on": f"{quote.starts_on:%d %b %Y}",
        "term": f"{quote.term_months} months",
        "price_book": str(quote.price_book),
        "discount": f"{plain(quote.discount_percent)} %",
        "coupon": quote.coupon_code or "none",
        "proration": f"{policy.words()}, from the {policy.anchor.replace('_', ' ')}",
        "priced_on": f"{pricing_day(quote):%d %b %Y}",
        "payment_terms": f"within {quote.payment_terms_days} days",
        "renews": "unless cancelled" if quote.auto_renew else "no",
        "valid_until": f"{quote.valid_until:%d %b %Y}",
        "language": quote.get_language_display(),
        "contact": quote.contact.name if quote.contact else "nobody",
        "channel": quote.channel or "none",
        "cover_letter": Truncator(quote.cover_letter.strip()).chars(80) or "none",
    }
