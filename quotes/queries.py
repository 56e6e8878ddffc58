"""What can be asked of quotes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from q2c.customers.models import Customer
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.kernel.errors import Refused
from q2c.kernel.rating import ChargeKind, ChargeModel, Tier
from quotes.models import Acceptance, ApprovalPolicy, ApprovalRequest, Price, Quote, QuoteLine
from quotes.rules.approval import Needed, Policy, approvals_needed
from quotes.rules.pricing import LineTerms, QuoteTerms, combined_discount


@dataclass(frozen=True, slots=True)
class AcceptedLine:
    """A line of an accepted quote as later apps copy it. Money in the quote's currency.

    `net_per_period` is for one billing period after all discounts (usage: zero); `discount_percent`
    is the line's and the quote's discount combined.
    """

    id: int
    parent_id: int | None
    position: int
    product_id: int
    description: str
    kind: str
    charge_kind: str
    months: int
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


@dataclass(frozen=True, slots=True)
class AcceptedQuote:
    """An accepted quote: its terms, its lines, and who accepted."""

    id: int
    number: str
    version: int
    title: str
    customer_id: int
    contact_id: int | None
    legal_entity_id: int
    owner_id: int
    currency: str
    term_months: int
    starts_on: date
    payment_terms_days: int
    auto_renew: bool
    notes: str
    contract_total: Decimal
    monthly_total: Decimal
    content_hash: str
    renews_contract_id: int | None
    accepted_by: str
    accepted_at: datetime
    document_id: str | None
    lines: tuple[AcceptedLine, ...]


def accepted_quote(quote_id: int) -> AcceptedQuote:
    """Return an accepted quote; refuses one that is not accepted."""
    found = accepted_quotes([quote_id])
    if not found:
        raise Refused("The quote has not been accepted.")
    return found[0]


def accepted_quotes(quote_ids: list[int]) -> list[AcceptedQuote]:
    """Return those of the quotes that are accepted, by set, in the order of their ids."""
    quotes = (
        Quote.objects.filter(pk__in=quote_ids, state="accepted")
        .select_related("acceptance")
        .order_by("pk")
    )
    lines: dict[int, list[QuoteLine]] = {}
    for line in QuoteLine.objects.filter(quote_id__in=quote_ids).order_by("quote_id", "position"):
        lines.setdefault(line.quote_id, []).append(line)
    return [_accepted(quote, lines.get(quote.pk, [])) for quote in quotes]


def _accepted(quote: Quote, lines: list[QuoteLine]) -> AcceptedQuote:
    acceptance = quote.acceptance
    return AcceptedQuote(
        id=quote.pk,
        number=quote.number,
        version=quote.version,
        title=quote.title,
        customer_id=quote.customer_id,
        contact_id=quote.contact_id,
        legal_entity_id=quote.legal_entity_id,
        owner_id=quote.owner_id,
        currency=quote.currency,
        term_months=quote.term_months,
        starts_on=quote.starts_on,
        payment_terms_days=quote.payment_terms_days,
        auto_renew=quote.auto_renew,
        notes=quote.notes,
        contract_total=quote.contract_total,
        monthly_total=quote.monthly_total,
        content_hash=quote.content_hash,
        renews_contract_id=quote.renews_contract_id,
        accepted_by=acceptance.name,
        accepted_at=acceptance.accepted_at,
        document_id=acceptance.document_id,
        lines=tuple(_accepted_line(line, quote) for line in lines),
    )


def _accepted_line(line: QuoteLine, quote: Quote) -> AcceptedLine:
    header = Decimal(0) if line.is_adjustment else quote.discount_percent
    is_usage = line.charge_kind == ChargeKind.USAGE.value
    return AcceptedLine(
        id=line.pk,
        parent_id=line.parent_id,
        position=line.position,
        product_id=line.product_id,
        description=line.description,
        kind=line.kind,
        charge_kind=line.charge_kind,
        months=line.months,
        in_advance=line.in_advance,
        charge_model=line.charge_model,
        tiers=line.tiers,
        unit=line.unit,
        tax_class=line.tax_class,
        revenue_pattern=line.revenue_pattern,
        quantity=line.quantity,
        list_unit_price=line.list_unit_price,
        discount_percent=combined_discount(line.discount_percent, header),
        net_per_period=Decimal(0) if is_usage else line.net_per_period,
        contract_total=line.contract_total,
        is_adjustment=line.is_adjustment,
    )


def visible_to(user: User) -> QuerySet[Quote]:
    """Return the quotes a user may see: all, or their own and their team's."""
    if user.may(Permission.VIEW_ALL_QUOTES):
        return Quote.objects.all()
    return Quote.objects.filter(Q(owner=user) | Q(owner__manager=user))


def counts_by_state(quotes: QuerySet[Quote]) -> dict[str, tuple[int, list[tuple[Decimal, str]]]]:
    """Return for each state how many quotes there are and their totals by currency."""
    rows = quotes.values("state", "currency").annotate(n=Count("id"), s=Sum("contract_total"))
    counts: dict[str, tuple[int, list[tuple[Decimal, str]]]] = {}
    for row in rows.order_by("state", "currency"):
        number, sums = counts.get(row["state"], (0, []))
        counts[row["state"]] = (number + row["n"], [*sums, (row["s"], row["currency"])])
    return counts


def list_price(price_book_id: int, product_id: int, *, on: date, months: int | None = None) -> Price:
    """Return the price in force on a day, the shortest billing period first.

    Refuses when the book has none, or has it for other billing periods only.
    """
    prices = Price.objects.filter(
        Q(ends_on=None) | Q(ends_on__gt=on),
        price_book_id=price_book_id,
        product_id=product_id,
        starts_on__lte=on,
    ).select_related("product")
    if months is not None:
        prices = prices.filter(months=months)
    price = prices.order_by("months", "-starts_on").first()
    if price is None:
        raise Refused("The price book has no price for this product on that day.", field="product")
    return price


def sellable(price_book_id: int, text: str, *, on: date) -> list[Price]:
    """Return up to twenty prices of active products that match the text, to choose from."""
    prices = Price.objects.filter(
        Q(ends_on=None) | Q(ends_on__gt=on),
        price_book_id=price_book_id,
        starts_on__lte=on,
        product__is_active=True,
    ).select_related("product")
    for word in text.split():
        prices = prices.filter(Q(product__name__icontains=word) | Q(product__sku__icontains=word))
    return list(prices.order_by("product__name", "months", "-starts_on")[:20])


def approvals_for(quote: Quote, lines: list[QuoteLine] | None = None) -> list[Needed]:
    """Return the approvals that the quote's present content needs."""
    lines = list(quote.lines.all()) if lines is None else lines
    policies = [
        Policy(p.pk, p.measure, p.limit_percent, p.approver_role)
        for p in ApprovalPolicy.objects.filter(is_active=True)
    ]
    discounts = [
        (line.description, combined_discount(line.discount_percent, quote.discount_percent))
        for line in lines
        if line.kind != "bundle" and not line.is_adjustment
    ]
    return approvals_needed(policies, discounts=discounts, margin_percent=margin_of(quote))


def margin_of(quote: Quote) -> Decimal | None:
    """Return the margin in per cent of the contract total; None when there is no total."""
    if not quote.contract_total:
        return None
    share = (quote.contract_total - quote.cost_total) * 100 / quote.contract_total
    return share.quantize(Decimal("0.01"))


def inbox_of(user: User) -> QuerySet[ApprovalRequest]:
    """Return the approvals that wait for this user; never their own requests."""
    requests = ApprovalRequest.objects.filter(state=ApprovalRequest.PENDING).select_related(
        "quote__customer", "requested_by", "policy"
    )
    if not user.may(Permission.APPROVE_QUOTES):
        return requests.none()
    if user.role != "administrator":
        requests = requests.filter(approver_role=user.role)
    return requests.exclude(requested_by=user).exclude(quote__owner=user).order_by("requested_at")


def line_terms(line: QuoteLine) -> LineTerms:
    """Return what a stored line is priced from."""
    return LineTerms(
        label=line.description,
        kind=line.kind,
        charge_kind=ChargeKind(line.charge_kind),
        months=line.months,
        in_advance=line.in_advance,
        charge_model=ChargeModel(line.charge_model),
        quantity=line.quantity,
        list_unit_price=line.list_unit_price,
        tiers=tiers_of(line.tiers),
        discount_percent=line.discount_percent,
        unit_cost=line.unit_cost,
        is_adjustment=line.is_adjustment,
    )


def quote_terms(quote: Quote) -> QuoteTerms:
    return QuoteTerms(quote.currency, quote.starts_on, quote.term_months, quote.discount_percent)


def tiers_of(stored: list[dict[str, Any]]) -> tuple[Tier, ...]:
    """Read tiers as they are stored in JSON."""
    return tuple(
        Tier(
            None if tier["up_to"] is None else Decimal(tier["up_to"]),
            Decimal(tier["unit_price"]),
            Decimal(tier.get("flat_fee") or 0),
        )
        for tier in stored
    )


def customer_choices(text: str) -> list[Customer]:
    """Return up to ten customers that match the text by name or number."""
    return list(
        Customer.objects.filter(Q(legal_name__icontains=text) | Q(number__icontains=text)).order_by(
            "legal_name"
        )[:10]
    )


@dataclass(frozen=True, slots=True)
class LineGroup:
    """Lines that are charged at the same beat, as documents list them."""

    title: str
    amount_label: str
    is_usage: bool
    lines: list[Any]


def grouped(lines: Iterable[Any]) -> list[LineGroup]:
    """Return lines (stored or accepted ones) by cadence: once, monthly …, usage last.

    A bundle's own line carries no price and is left out; its options stand in its place.
    """
    groups: dict[tuple[int, int], list[Any]] = {}
    for line in lines:
        if line.kind != "bundle":
            rank = ["one_time", "recurring", "usage"].index(line.charge_kind)
            groups.setdefault((rank, line.months), []).append(line)
    return [_group(rank, months, groups[rank, months]) for rank, months in sorted(groups)]


def _group(rank: int, months: int, lines: list[Any]) -> LineGroup:
    beat = {1: "Monthly", 3: "Quarterly", 12: "Yearly"}.get(months, f"Every {months} months")
    if rank == 0:
        return LineGroup("Once", "Amount", is_usage=False, lines=lines)
    if rank == 1:
        return LineGroup(beat, f"{beat}, net", is_usage=False, lines=lines)
    return LineGroup(f"Usage, invoiced {beat.lower()}", "Amount", is_usage=True, lines=lines)


def line_groups(quote: AcceptedQuote) -> list[LineGroup]:
    """Return an accepted quote's lines as documents list them."""
    return grouped(quote.lines)


@dataclass(frozen=True, slots=True)
class SignatureOf:
    """How the customer signed: `image` is the typed name, or a PNG as a data: address."""

    kind: str
    image: str


def signature_of(quote_id: int) -> SignatureOf:
    """Return the signature of an accepted quote."""
    acceptance = Acceptance.objects.get(quote_id=quote_id)
    return SignatureOf(acceptance.signature_kind, acceptance.signature)
