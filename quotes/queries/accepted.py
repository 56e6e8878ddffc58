"""What later apps copy of an accepted quote: frozen rows."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from q2c.customers.models import Contact, PortalLink
from q2c.kernel.errors import Refused
from q2c.kernel.naming import name_in
from q2c.kernel.rating import ChargeKind, ChargeModel
from quotes.models import TEXT_KINDS, Acceptance, LineChange, Quote, QuoteKind, QuoteLine
from quotes.queries.origins import note_origins
from quotes.queries.prices import quote_terms
from quotes.queries.selections import apply_selection


@dataclass(frozen=True, slots=True)
class AcceptedLine:
    """A line of an accepted quote that the customer took, as later apps copy it. Money in the quote's currency.

    `description` is what the customer read in the quote's language.

    `net_per_period` is for one billing period (or for `price_months`) after all discounts (usage: the fee due without use
    too); `discount_percent`
    is what all percentages take off together. `starts_on` and `ends_on` are a segment's own days.
    `item_id` is the subscription item that an amendment's line changes or removes; `from_line_id`
    the line of another quote, `from_quote`, that it was merged in from. A percentage of other lines
    has become the flat amount agreed.
    """

    id: int
    parent_id: int | None
    position: int
    product_id: int
    description: str
    kind: str
    charge_kind: str
    months: int
    weeks: int
    price_months: int
    starts_on: date | None
    ends_on: date | None
    in_advance: bool
    charge_model: str
    tiers: list[dict[str, Any]]
    unit: str
    tax_class: str
    revenue_pattern: str
    quantity: Decimal
    list_unit_price: Decimal
    discount_percent: Decimal
    net_per_period: Decimal
    contract_total: Decimal
    is_adjustment: bool
    keeps_credits: bool
    item_id: int | None
    change: str
    from_line_id: int | None
    from_quote: str


@dataclass(frozen=True, slots=True)
class AcceptedQuote:
    """An accepted quote: its terms, its lines, and who accepted.

    It covers the days [starts_on, ends_on); billing periods are counted from `anchor_on`, parts of
    them priced by the policy `proration` (a kernel ProrationPolicy as JSON). An amendment's `ended`
    are the items it ends; a cancellation ends all and brings nothing that recurs.
    """

    id: int
    number: str
    version: int
    title: str
    language: str
    customer_id: int
    contact_id: int | None
    legal_entity_id: int
    owner_id: int
    currency: str
    term_months: int
    starts_on: date
    ends_on: date
    anchor_on: date
    proration: dict[str, Any]
    payment_terms_days: int
    auto_renew: bool
    notes: str
    contract_total: Decimal
    monthly_total: Decimal
    content_hash: str
    renews_contract_id: int | None
    amends_contract_id: int | None
    amended_ends_on: date | None
    accepted_by: str
    accepted_at: datetime
    document_id: str | None
    lines: tuple[AcceptedLine, ...]
    ended: tuple[AcceptedLine, ...]
    is_cancellation: bool


def accepted_quote(quote_id: int) -> AcceptedQuote:
    """Return an accepted quote; refuses one that is not accepted."""
    found = accepted_quotes([quote_id])
    if not found:
        raise Refused("The quote has not been accepted.")
    return found[0]


def accepted_quotes(quote_ids: list[int]) -> list[AcceptedQuote]:
    """Return those of the quotes that are accepted, by set, in the order of their ids.

    With what the customer chose: lines they left out are not there.
    """
    quotes = (
        Quote.objects.filter(pk__in=quote_ids, state="accepted")
        .select_related("acceptance__selection")
        .order_by("pk")
    )
    lines: dict[int, list[QuoteLine]] = {}
    sold = QuoteLine.objects.filter(quote_id__in=quote_ids).exclude(kind__in=TEXT_KINDS)
    sold = sold.exclude(change=LineChange.KEEP).select_related("product")
    found = list(sold.order_by("quote_id", "position"))
    note_origins(found)
    for line in found:
        lines.setdefault(line.quote_id, []).append(line)
    return [_accepted(quote, lines.get(quote.pk, [])) for quote in quotes]


def _accepted(quote: Quote, lines: list[QuoteLine]) -> AcceptedQuote:
    acceptance = quote.acceptance
    apply_selection(quote, lines, acceptance.selection)
    return AcceptedQuote(
        id=quote.pk,
        number=quote.number,
        version=quote.version,
        title=quote.title,
        language=quote.language,
        customer_id=quote.customer_id,
        contact_id=quote.contact_id,
        legal_entity_id=quote.legal_entity_id,
        owner_id=quote.owner_id,
        currency=quote.currency,
        term_months=quote.term_months,
        starts_on=quote.starts_on,
        ends_on=quote_terms(quote).term.end,
        anchor_on=quote.anchor_on or quote.starts_on,
        proration=quote.proration,
        payment_terms_days=quote.payment_terms_days,
        auto_renew=quote.auto_renew,
        notes=quote.notes,
        contract_total=quote.contract_total,
        monthly_total=quote.monthly_total,
        content_hash=acceptance.content_hash,
        renews_contract_id=quote.renews_contract_id,
        amends_contract_id=quote.amends_contract_id,
        amended_ends_on=quote.amended_ends_on,
        accepted_by=acceptance.name,
        accepted_at=acceptance.accepted_at,
        document_id=acceptance.document_id,
        lines=tuple(_accepted_line(line, quote) for line in lines if line.is_sold),
        ended=tuple(
            _accepted_line(line, quote) for line in lines if line.change == LineChange.REMOVE
        ),
        is_cancellation=quote.kind == QuoteKind.AMENDMENT and _ends_all(quote, lines),
    )


def _ends_all(quote: Quote, lines: list[QuoteLine]) -> bool:
    goes_on = any(line.is_sold and line.charge_kind != ChargeKind.ONE_TIME for line in lines)
    return not goes_on and not quote.lines.filter(change=LineChange.KEEP).exists()


def _accepted_line(line: QuoteLine, quote: Quote) -> AcceptedLine:
    assert line.product_id is not None, "text lines are left out"
    agreed, discount = line.agreed_unit_price, line.combined_discount_percent
    unit_price = line.list_unit_price if agreed is None else agreed
    if line.rule_unit_price is not None:
        unit_price = line.rule_unit_price
    is_percent = line.charge_model == ChargeModel.PERCENT_OF
    if is_percent:
        unit_price, discount = line.net_per_period, Decimal(0)
    elif discount < 0 and line.charge_kind != ChargeKind.USAGE:  # a rule raised it above list
        units = Decimal(1) if line.charge_model == ChargeModel.FLAT else line.quantity
        unit_price, discount = round(line.net_per_period / units, 8), Decimal(0)
    return AcceptedLine(
        id=line.pk,
        parent_id=line.parent_id,
        position=line.position,
        product_id=line.product_id,
        description=name_in(line.description, line.product, quote.language),
        kind=line.kind,
        charge_kind=line.charge_kind,
        months=line.months,
        weeks=line.weeks,
        price_months=line.price_months,
        starts_on=line.starts_on,
        ends_on=line.ends_on,
        in_advance=line.in_advance,
        charge_model=ChargeModel.FLAT.value if is_percent else line.charge_model,
        tiers=[] if is_percent else line.tiers,
        unit=line.unit,
        tax_class=line.tax_class,
        revenue_pattern=line.revenue_pattern,
        quantity=line.quantity,
        list_unit_price=unit_price,
        discount_percent=discount,
        net_per_period=line.net_per_period,
        contract_total=line.contract_total,
        is_adjustment=line.is_adjustment,
        keeps_credits=line.keeps_credits,
        item_id=line.item_id,
        change=line.change,
        from_line_id=line.from_line_id,
        from_quote=line.origin.number if line.origin else "",
    )


@dataclass(frozen=True, slots=True)
class SignatureOf:
    """How the customer signed: `image` is the typed name, or a PNG as a data: address."""

    kind: str
    image: str


def signature_of(quote_id: int) -> SignatureOf:
    """Return the signature of an accepted quote."""
    acceptance = Acceptance.objects.get(quote_id=quote_id)
    return SignatureOf(acceptance.signature_kind, acceptance.signature)


@dataclass(frozen=True, slots=True)
class SignerOf:
    """Who accepted a quote: by which link, or as which contact."""

    contact: Contact | None
    link: PortalLink | None


def signer_of(quote_id: int) -> SignerOf:
    """Return who accepted a quote; where that is not known, its contact."""
    acceptances = Acceptance.objects.select_related("contact", "link__contact", "quote__contact")
    acceptance = acceptances.get(quote_id=quote_id)
    return SignerOf(acceptance.contact or acceptance.quote.contact, acceptance.link)
