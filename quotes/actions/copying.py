"""Begin a quote from another one, or from a template."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from q2c.catalog.bundles import bundle_trees
from q2c.catalog.models import Product, ProductKind
from q2c.catalog.queries import Costs
from q2c.catalog.rules.configuring import configure
from q2c.customers.models import Customer
from q2c.customers.portal import primary_contact
from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.bus import publish
from q2c.infra.clock import day_in
from q2c.infra.locks import check_version, locked
from q2c.kernel.errors import NotAllowed, Refused
from q2c.kernel.periods import months_after
from q2c.kernel.rating import ChargeModel
from quotes.actions.bundling import line_at
from quotes.actions.configuring import chosen_of, take_off_in_bundle
from quotes.actions.drafting import (
    VALID_FOR,
    NewQuote,
    check_header,
    create_quote,
    take_quote_numbers,
)
from quotes.actions.opening import setup_line
from quotes.actions.repricing import reprice
from quotes.actions.sending import carry_answers, copy_lines
from quotes.events import QuoteCreated, QuoteEdited, QuoteTemplateEdited
from quotes.models import TEXT_KINDS, Price, Quote, QuoteKind, QuoteLine, QuoteTemplate
from quotes.queries import list_price, quote_terms, visible_to
from quotes.rules.states import LIFECYCLE
from quotes.rules.templates import TERMS, TemplateLine, products_of, template_lines
from quotes.rules.terms import moved


@transaction.atomic
def clone_quote(quote_id: int, *, by: User, at: datetime, customer_id: int | None = None) -> Quote:
    """Start a new quote as a copy: its lines, prices and discounts, for the same customer or another.

    It is nobody's renewal, needs its own approval, and starts no earlier than next month; the days
    of its lines move along. Refuses amendments, and a customer in another currency.
    """
    require(by, Permission.EDIT_QUOTES)
    old = visible_to(by).filter(pk=quote_id).select_related("customer").first()
    if old is None:
        raise NotAllowed("This quote belongs to a colleague.")
    if old.kind == QuoteKind.AMENDMENT:
        raise Refused("An amendment belongs to its contract: start one from the contract's page.")
    customer = _customer(customer_id or old.customer_id, currency=old.currency)
    today = day_in(customer.legal_entity.time_zone, at)
    new = Quote.objects.get(pk=old.pk)
    new.pk, new.number, new.version = None, take_quote_numbers(1, year=today.year)[0], 1
    new.kind, new.renews_contract_id, new.external_ref = QuoteKind.NEW, None, None
    new.state, new.owner, new.copied_from_id = LIFECYCLE.start.value, by, old.pk
    new.starts_on = max(old.starts_on, months_after(today.replace(day=1), 1))
    new.valid_until, new.created_at, new.edit_version = today + VALID_FOR, at, 1
    new.document, new.content_hash, new.decline_reason = None, "", ""
    new.sent_at = new.first_viewed_at = new.decided_at = new.merged_into = None
    if customer.pk != old.customer_id:
        new.customer, new.legal_entity = customer, customer.legal_entity
        new.contact, new.language = primary_contact(customer), customer.language
        new.payment_terms_days = customer.payment_terms_days
    check_header(new)
    new.save(force_insert=True)
    lines = list(old.lines.order_by("position"))
    _move_days(lines, old.starts_on, new.starts_on)
    carry_answers(old, new, lines)
    copy_lines(lines, new)
    reprice(new)
    new.save()
    publish(
        QuoteCreated(at=at, quote_id=new.pk),
        by=by,
        customer_id=new.customer_id,
        reason=f"Copied from {old.number} v{old.version}",
    )
    return new


@transaction.atomic
def save_template(
    quote_id: int, *, name: str, description: str = "", by: User, at: datetime
) -> QuoteTemplate:
    """Keep a quote's terms and lines as a template that every rep may start from.

    A template of the same name is replaced. Negotiated adjustments and agreed prices belong to their customer
    and are left out.
    """
    require(by, Permission.EDIT_QUOTES)
    quote = visible_to(by).filter(pk=quote_id).first()
    if quote is None:
        raise NotAllowed("This quote belongs to a colleague.")
    if not 1 <= len(name.strip()) <= 100:
        raise Refused("Give the template a name of 1 to 100 characters.", field="name")
    if len(description) > 300:
        raise Refused("There is room for 300 characters here.", field="description")
    negotiated = Q(is_adjustment=True, charge_model=ChargeModel.PER_UNIT.value)
    lines = list(quote.lines.exclude(negotiated).order_by("position"))
    if not lines:
        raise Refused("The quote has no lines that a template could keep.")
    content = {
        "starts_on": quote.starts_on.isoformat(),
        "terms": {term: _plain(getattr(quote, term)) for term in TERMS},
        "lines": [line.stored() for line in template_lines(lines, starts_on=quote.starts_on)],
    }
    template, is_new = QuoteTemplate.objects.update_or_create(
        name=name.strip(),
        defaults={
            "description": description.strip(),
            "content": content,
            "is_active": True,
            "version": F("version") + 1,
        },
        create_defaults={
            "description": description.strip(),
            "content": content,
            "created_by": by,
            "created_at": at,
        },
    )
    words = "kept from" if is_new else "replaced by"
    _tell(template, by=by, at=at, reason=f"{words} {quote.number} v{quote.version}")
    return template


@transaction.atomic
def change_template(  # noqa: PLR0913  what a template says of itself
    template_id: int,
    *,
    name: str,
    description: str,
    is_active: bool,
    by: User,
    at: datetime,
    seen: int | None = None,
) -> QuoteTemplate:
    """Rename a template or take it out of use."""
    require(by, Permission.EDIT_QUOTES)
    template = locked(QuoteTemplate, template_id)
    check_version(template.version, seen)
    if not 1 <= len(name.strip()) <= 100:
        raise Refused("Give the template a name of 1 to 100 characters.", field="name")
    if QuoteTemplate.objects.filter(name=name.strip()).exclude(pk=template_id).exists():
        raise Refused("Another template has this name.", field="name")
    template.name, template.description = name.strip(), description.strip()[:300]
    template.is_active, template.version = is_active, template.version + 1
    template.save(update_fields=["name", "description", "is_active", "version"])
    _tell(template, by=by, at=at, reason="" if is_active else "taken out of use")
    return template


@transaction.atomic
def start_from_template(template_id: int, new: NewQuote, *, by: User, at: datetime) -> Quote:
    """Start a quote with a template's terms and lines, at today's list prices of its price book.

    What `new` says of the term and the title goes before the template. Refuses when the book lacks
    a price, naming every product without one.
    """
    template = QuoteTemplate.objects.filter(pk=template_id, is_active=True).first()
    if template is None:
        raise Refused("This template is no longer in use.", field="template")
    terms = template.content["terms"]
    if new.term_months is None:
        new = replace(new, term_months=terms["term_months"])
    quote = create_quote(new, by=by, at=at)
    for name, value in {**terms, "term_months": quote.term_months}.items():
        if name != "title" or not quote.title:
            setattr(quote, name, Decimal(value) if name == "discount_percent" else value)
    check_header(quote)
    stored = [TemplateLine.read(line) for line in template.content["lines"]]
    # Templates of older releases say days alone.
    kept_from = date.fromisoformat(template.content.get("starts_on", str(quote.starts_on)))
    days = [line.days(quote.starts_on, kept_from=kept_from) for line in stored]
    if any(end and end > quote_terms(quote).term.end for _start, end in days):
        months = terms["term_months"]
        raise Refused(
            f"“{template.name}” has lines with days beyond a term of {quote.term_months} months; "
            f"it was kept from a quote over {months}. Choose that term.",
            field="term_months",
        )
    _write_lines(quote, stored, days)
    reprice(quote)
    quote.save()
    publish(
        QuoteEdited(at=at, quote_id=quote.pk),
        by=by,
        customer_id=quote.customer_id,
        reason=f"Started from the template “{template.name}”",
    )
    return quote


def _write_lines(
    quote: Quote, stored: Sequence[TemplateLine], days: Sequence[tuple[date | None, date | None]]
) -> None:
    products = Product.objects.in_bulk(products_of(stored))
    prices = _prices(quote, stored, products)
    costs = Costs(products)
    made: list[QuoteLine] = []
    for position, kept in enumerate(stored, start=1):
        if kept.kind in TEXT_KINDS or kept.kind == ProductKind.BUNDLE:
            line = _without_price(kept, products)
        elif kept.setup is not None:
            line = setup_line(made[kept.setup], _fee(prices, kept.setup))
        else:
            line = line_at(prices[position], quote, kept.quantity, position, costs=costs)
        line.quote, line.position, line.quantity = quote, position, kept.quantity
        line.starts_on, line.ends_on = days[position - 1]
        for name in (
            "description", "note", "discount_percent", "is_optional", "is_chosen", "min_quantity",
            "max_quantity", "choice_group", "choice",
        ):  # fmt: skip
            setattr(line, name, getattr(kept, name))
        line.parent = None if kept.bundle is None else made[kept.bundle]
        line.ramp_of = None if kept.ramp is None else made[kept.ramp]
        line.setup_of = None if kept.setup is None else made[kept.setup]
        line.save()
        made.append(line)
    _take_off_in_bundles(made)


def _take_off_in_bundles(lines: Sequence[QuoteLine]) -> None:
    """Give what stands in bundles the discounts that those have today."""
    heads = [line for line in lines if line.kind == ProductKind.BUNDLE and line.parent is None]
    trees = bundle_trees(line.product_id for line in heads if line.product_id)
    for head in heads:
        tree = trees[head.product_id or 0]
        chosen = chosen_of(head, lines, tree)
        taken = configure(tree, chosen, quantity=head.quantity).taken
        take_off_in_bundle(head, lines, taken)
    if heads:
        names = ["list_unit_price", "tiers", "bundle_discount_percent"]
        QuoteLine.objects.bulk_update(lines, names)


def _prices(
    quote: Quote, stored: Sequence[TemplateLine], products: Mapping[int, Product]
) -> dict[int, Price]:
    found, missing = dict[int, Price](), []
    for position, kept in enumerate(stored, start=1):
        if kept.product_id is None or kept.kind == ProductKind.BUNDLE or kept.setup is not None:
            continue
        try:
            found[position] = list_price(
                quote.price_book_id,
                kept.product_id,
                on=quote.starts_on,
                months=kept.months,
                weeks=kept.weeks,
            )
        except Refused:
            missing.append(products[kept.product_id].name)
    if missing:
        names = ", ".join(f"“{name}”" for name in dict.fromkeys(missing))
        raise Refused(
            f"{quote.price_book} has no price on {quote.starts_on:%d %b %Y} for {names}, which the "
            "template holds. Add the price or choose another price book.",
            field="template",
        )
    return found


def _fee(prices: Mapping[int, Price], place: int) -> Decimal:
    return prices[place + 1].setup_fee


def _without_price(kept: TemplateLine, products: Mapping[int, Product]) -> QuoteLine:
    product = products.get(kept.product_id) if kept.product_id else None
    return QuoteLine(
        kind=kept.kind,
        product=product,
        product_version=product.version if product else 1,
        charge_kind="one_time",
        charge_model="flat",
        unit=product.unit if product else "",
        tax_class=product.tax_class if product else "standard",
        revenue_pattern=product.revenue_pattern if product else "point_in_time",
        list_unit_price=Decimal(0),
    )


def _move_days(lines: Sequence[QuoteLine], old: date, new: date) -> None:
    for line in lines:
        for name in ("starts_on", "ends_on", "free_until"):
            day = getattr(line, name)
            setattr(line, name, day and moved(day, old, new))
        line.item_id, line.change, line.from_line_id = None, "", None


def _customer(customer_id: int, *, currency: str) -> Customer:
    customer = Customer.objects.select_related("legal_entity").filter(pk=customer_id).first()
    if customer is None:
        raise Refused("There is no such customer.", field="customer_id")
    if customer.currency != currency:
        raise Refused(
            f"{customer.legal_name} is billed in {customer.currency}, and this quote is in "
            f"{currency}. Start a new one, from a template if it should hold the same.",
            field="customer_id",
        )
    return customer


def _tell(template: QuoteTemplate, *, by: User, at: datetime, reason: str) -> None:
    fact = QuoteTemplateEdited(at=at, quote_template_id=template.pk)
    publish(fact, by=by, reason=reason)


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal) else value
