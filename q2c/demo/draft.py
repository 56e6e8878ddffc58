"""A draft that shows the line editor: sections, a ramp, choices, options, an agreed price."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from q2c.customers.models import Customer
from q2c.identity.models import User
from q2c.kernel.proration import term_end
from quotes import actions
from quotes.models import Quote
from quotes.rules.ramps import Segment

_ROWS = """\
MPLS\t4\t5%\tNetwork between the four sites
SEAT\t60
CALLS\t1
ROUTER\t4\t175\tRouter at each site
SETUP\t4
SUPPORT\t4\t\tSupport by day
SLA\t1\t\tSupport around the clock
BACKUP\t10
"""


def campus(customer: Customer, *, by: User, at: datetime) -> Quote:
    """Build a draft of three years as a rep would: rows pasted, arranged, and negotiated."""
    new = actions.NewQuote(customer_id=customer.pk, title="Campus network", term_months=36)
    quote = actions.create_quote(new, by=by, at=at)
    who: dict[str, Any] = {"by": by, "at": at}
    actions.paste_lines(quote.pk, _ROWS, only_good=False, **who)
    lines = dict(quote.lines.values_list("product__sku", "pk"))
    sections = (
        ("Connection", ("MPLS", "SEAT", "CALLS")),
        ("Hardware and installation", ("ROUTER", "SETUP")),
        ("Service", ("SUPPORT", "SLA", "BACKUP")),
    )
    for title, skus in sections:
        section = actions.add_text(quote.pk, "section", title, **who)
        within = [lines[sku] for sku in skus]
        actions.reorder_lines(quote.pk, within, section=section.pk, **who)
    actions.add_text(quote.pk, "note", "Installation within four weeks of your order.", **who)
    reason = {"price_reason": "Matches the offer of their present supplier"}
    actions.change_line(lines["ROUTER"], reason, **who)
    for sku, name in (("SUPPORT", "Good"), ("SLA", "Better")):
        choice = {"choice_group": "Support", "choice": name}
        actions.change_line(lines[sku], choice, **who)
    option = {"is_optional": True, "min_quantity": Decimal(5), "max_quantity": Decimal(40)}
    actions.change_line(lines["BACKUP"], option, **who)
    start = quote.starts_on
    years = [
        (term_end(start, months=12 * n), term_end(start, months=12 * n + 12)) for n in range(3)
    ]
    seats = ((60, "0"), (90, "3"), (120, "6.09"))  # the tiers rise by 3 % a year
    ramp = [
        Segment(*days, quantity=Decimal(many), uplift_percent=Decimal(rise))
        for days, (many, rise) in zip(years, seats, strict=True)
    ]
    actions.ramp_line(lines["SEAT"], ramp, **who)
    return quote


def library(customer: Customer, *, by: User, at: datetime) -> Quote:
    """Build the small draft beside it, which waits to be merged into it: some terms differ."""
    new = actions.NewQuote(customer_id=customer.pk, title="Campus library", term_months=24)
    quote = actions.create_quote(new, by=by, at=at)
    who: dict[str, Any] = {"by": by, "at": at}
    actions.paste_lines(
        quote.pk, "SEAT\t12\nROUTER\t1\nSUPPORT\t1\nSLA\t1\n", only_good=False, **who
    )
    lines = dict(quote.lines.values_list("product__sku", "pk"))
    for sku, name in (("SUPPORT", "Good"), ("SLA", "Better")):
        choice = {"choice_group": "Support", "choice": name}
        actions.change_line(lines[sku], choice, **who)
    return actions.change_quote(quote.pk, {"discount_percent": Decimal(5)}, **who)
