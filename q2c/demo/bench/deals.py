"""Deals to measure on: a long draft as a rep edits it, and an offer that is full of options."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from q2c.catalog.models import Product
from q2c.customers.models import Customer, PortalLink
from q2c.customers.portal import make_link
from q2c.identity.models import User
from q2c.kernel.proration import term_end
from quotes import actions
from quotes.models import PriceRule, Quote
from quotes.rules.ramps import Segment

_MONTHS, _RAMPS, _BUNDLES, _SECTIONS = 36, 10, 10, 10
_PASTED = ["SEAT", "CALLS", "ROUTER", "HANDSET", "MPLS", "SLA", "BACKUP", "DATA", "SETUP", "TV"]
_RULES: tuple[dict[str, Any], ...] = (
    {"name": "Many of one", "effect": "percent", "value": Decimal(3), "stage": 20,
     "combination": "sum",
     "conditions": [{"field": "quantity", "operator": "at_least", "value": "5"}]},
    {"name": "Devices in volume", "effect": "breaks", "is_across": True, "stage": 30,
     "breaks": [{"least": "20", "percent": "2"}, {"least": "200", "percent": "4"}],
     "conditions": [{"field": "category", "operator": "is", "value": ["Devices"]}]},
    {"name": "Long terms", "effect": "percent", "value": Decimal(1), "stage": 40,
     "conditions": [{"field": "term_months", "operator": "at_least", "value": "24"}]},
)  # fmt: skip


def a_long_draft(*, at: datetime) -> Quote:
    """Build a draft of 200 lines: bundles, ramps, sections, bands, options that are off.

    Price rules, those of the demo company and three more, look at every line.
    """
    by = User.objects.get(email="admin@brightline.example")
    who: dict[str, Any] = {"by": by, "at": at}
    for row in _RULES:
        PriceRule.objects.get_or_create(
            name=row["name"], defaults={**row, "is_active": True, "created_at": at}
        )
    quote = _draft("A long draft", **who)
    for number in range(_SECTIONS):
        actions.add_text(quote.pk, "section", f"Site {number + 1}", **who)
        rows = "\n".join(f"{sku}\t{number + 2}" for sku in _PASTED[: 9 - number % 2 * 2])
        actions.paste_lines(quote.pk, rows, only_good=False, **who)
    _ramp(quote, **who)
    bundle = actions.NewLine(product_id=Product.objects.get(sku="CONNECT").pk)
    for _ in range(_BUNDLES):
        actions.add_line(quote.pk, bundle, **who)
    routers = quote.lines.filter(product__sku="ROUTER").values_list("pk", flat=True)
    actions.change_lines(quote.pk, routers, {"discount_percent": Decimal(5)}, **who)
    extras = quote.lines.filter(product__sku__in=("BACKUP", "TV")).values_list("pk", flat=True)
    actions.change_lines(quote.pk, extras, {"is_optional": True, "is_chosen": False}, **who)
    return quote


def an_offer(*, at: datetime) -> tuple[Quote, str]:
    """Send an offer of 200 options, each to be taken or not, and return it with its private link."""
    by = User.objects.get(email="admin@brightline.example")
    who: dict[str, Any] = {"by": by, "at": at}
    quote = _draft("Two hundred options", **who)
    rows = "\n".join(f"{sku}\t2" for _ in range(20) for sku in _PASTED)
    actions.paste_lines(quote.pk, rows, only_good=False, **who)
    every = quote.lines.values_list("pk", flat=True)
    actions.change_lines(quote.pk, every, {"is_optional": True}, **who)
    if actions.submit_quote(quote.pk, **who).state != "approved":
        raise RuntimeError("The offer needs an approval, which nobody gives here.")
    actions.send_quote(quote.pk, **who)
    link = make_link(
        PortalLink.QUOTE,
        customer_id=quote.customer_id,
        document_id=quote.pk,
        contact=quote.contact,
        expires_at=at + timedelta(days=1),
        **who,
    )
    return quote, link


def _draft(title: str, *, by: User, at: datetime) -> Quote:
    customer = Customer.objects.filter(currency="EUR", contacts__isnull=False).earliest("pk")
    new = actions.NewQuote(customer_id=customer.pk, title=title, term_months=_MONTHS)
    return actions.create_quote(new, by=by, at=at)


def _ramp(quote: Quote, *, by: User, at: datetime) -> None:
    """Make every tiered line a ramp of three years."""
    start = quote.starts_on
    years = [(term_end(start, months=n), term_end(start, months=n + 12)) for n in (0, 12, 24)]
    for line in quote.lines.filter(product__sku="SEAT")[:_RAMPS]:
        segments = [
            Segment(*days, quantity=line.quantity + 20 * year) for year, days in enumerate(years)
        ]
        actions.ramp_line(line.pk, segments, by=by, at=at)
