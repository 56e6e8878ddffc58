# ruff: noqa: F811
"""Published examples cost the same on quote, schedule, paper, customer's page, preview and invoice."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO
from types import SimpleNamespace

import pytest
from django.urls import reverse
from pypdf import PdfReader

from billing.actions.runs import start_run, work_off
from billing.models import Invoice, InvoiceLine, RunOutcome
from billing.rules.charging import slices
from orders.actions import draft_renewal, start_amendment
from q2c.catalog.models import Product, TaxRate
from q2c.customers.models import LegalEntity
from q2c.kernel.billing_time import Billing, billing_anchor, settled_policy
from q2c.kernel.money import Money
from q2c.kernel.periods import Cadence, Period
from q2c.kernel.proration import prorate
from q2c.kernel.proration_policy import ProrationPolicy
from q2c.kernel.rating import ChargeKind, ChargeModel
from quotes.actions import change_line, change_quote
from quotes.models import Price, PriceRule, Quote, QuoteLine
from quotes.queries import billing_schedule
from quotes.rules.amending import Stretch
from quotes.rules.pricing import LineTerms, QuoteTerms, price_line
from quotes.rules.schedule import schedule
from tests.billing.test_charging import charge
from tests.quotes.conftest import NOON
from tests.quotes.test_portal import opened, today  # noqa: F401
from tests.scenarios.test_amendments import (  # noqa: F401
    THEN,
    _alone,
    bill,
    close,
    does,
    fresh,
    shown,
)

D = Decimal


@dataclass(frozen=True)
class Doors:
    """What every door says a quote comes to, net."""

    draft: Decimal
    schedule: Decimal
    preview: Decimal
    invoices: Decimal


@pytest.fixture
def doors(draft, close, today):
    """`doors()` takes the draft through all of them; paper and page must show the figures too."""

    def doors(*figures):
        quote = fresh(draft)
        plan = billing_schedule(quote, quote.lines.all()).instalments
        sent = close(quote).quote
        shown_by = [
            text_of(sent),
            opened(sent).get(reverse("quotes:portal_quote", args=[sent.pk])).text,
        ]
        for figure in figures or (quote.contract_total,):
            assert [f"{figure:,.2f}" in text for text in shown_by] == [True, True], figure
        on = quote.starts_on + timedelta(days=1500)
        return Doors(quote.contract_total, planned(plan), previewed(on), invoiced(on))

    return doors


def text_of(quote):
    pages = PdfReader(BytesIO(bytes(quote.document.content))).pages
    return "\n".join(page.extract_text() for page in pages)


def planned(instalments):
    return sum(row.together.amount for row in instalments)


def previewed(on):
    run = work_off(start_run(on=on, post=False, by=None, at=NOON).pk, at=NOON)
    return sum(D(shard.totals["EUR"]["net"]) for shard in run.shards.all())


def invoiced(on):
    assert not InvoiceLine.objects.exists()
    work_off(start_run(on=on, post=True, by=None, at=NOON).pk, at=NOON)
    assert not RunOutcome.objects.exists()
    return sum(InvoiceLine.objects.values_list("net", flat=True))


@dataclass(frozen=True)
class Example:
    """A price for so many months, and what the days first to last, both included, cost."""

    price: str
    months: int
    first: str
    last: str
    policy: dict[str, object]
    total: str

    @property
    def days(self):
        end = date.fromisoformat(self.last) + timedelta(days=1)
        return Period(date.fromisoformat(self.first), end)


FIFTH = {"anchor": "day_of_period", "day": 5}
BY_DAYS = {"month_first": False}
LEAP = {**BY_DAYS, "month_end": "last_of_february"}
EXAMPLES = [
    # W1, Salesforce Revenue Cloud, “Monthly Proration Examples”.
    Example("90", 1, "2025-03-28", "2026-02-04", FIFTH, "923.23"),
    Example("90", 1, "2025-03-28", "2026-02-04", {"anchor": "calendar"}, "924.47"),
    Example("90", 1, "2025-03-28", "2026-02-04", {**FIFTH, "partial": "round_up"}, "990.00"),
    # W2, Salesforce Revenue Cloud, “Annual Proration Examples for Leap Years”.
    Example("1000", 12, "2024-02-29", "2025-02-27", LEAP, "1000.00"),
    Example("1000", 12, "2027-02-28", "2028-02-27", LEAP, "997.27"),
    Example("1000", 12, "2027-02-28", "2028-02-28", LEAP, "1000.00"),
    # W3, Salesforce CPQ, “Subscription Prorate Precision”.
    Example("12000", 12, "2019-05-23", "2019-09-30", {"basis": "calendar_month"}, "4290.32"),
    Example("365", 12, "2017-01-01", "2019-04-10", {**BY_DAYS, "basis": "days_365"}, "830.00"),
    Example("1200", 12, "2017-01-01", "2018-01-10", {"partial": "round_up"}, "1300.00"),
    # W4, Zuora, “Total amount calculation with partial period proration”; the default comes first.
    Example("1200", 12, "2018-07-14", "2018-12-31", {}, "558.06"),
    Example("1200", 12, "2018-07-14", "2018-12-31", {"basis": "days_30"}, "560.00"),
    Example("1200", 12, "2018-07-14", "2018-12-31", {**BY_DAYS, "basis": "days_30"}, "570.00"),
    Example("1200", 12, "2018-07-14", "2018-12-31", {**BY_DAYS, "basis": "days_365"}, "562.19"),
]


SHOWN = [EXAMPLES[number] for number in (0, 5, 6, 8, 9)]  # one of each kind, through all doors


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: f"{e.total} {e.policy}")
def test_the_rules_of_every_door_price_a_part_of_a_period_alike(example):
    policy = ProrationPolicy.from_json(example.policy)
    days, price = example.days, Money(D(example.price), "EUR")
    anchor = billing_anchor(policy, starts_on=days.start)
    terms = QuoteTerms(
        "EUR", days.start, 28, anchor_on=anchor, policy=settled_policy(example.policy)
    )
    line = LineTerms(
        "Support", "subscription", ChargeKind.RECURRING, example.months, in_advance=True,
        charge_model=ChargeModel.PER_UNIT, quantity=D(1), list_unit_price=price.amount,
        starts_on=days.start, ends_on=days.end,
    )  # fmt: skip
    stored = SimpleNamespace(
        position=1, kind="subscription", charge_kind="recurring", months=example.months, weeks=0, price_months=0,
        in_advance=True, starts_on=days.start, ends_on=days.end, net_per_period=price.amount,
    )  # fmt: skip
    due = charge(
        months=example.months, net_per_period=price.amount, quantity=D(1), starts_on=days.start,
        ends_on=days.end, anchor_on=anchor, proration=example.policy,
    )  # fmt: skip
    billing = Billing(Cadence(example.months), anchor, terms.policy)
    stretch = Stretch(price, days, days.start, billing)
    said = {
        "engine": prorate(
            price, every=Cadence(example.months), period=days, policy=policy, anchor=anchor
        ).amount.amount,
        "quote": price_line(line, terms).contract_total.amount,
        "schedule": sum(planned.net.amount for planned in schedule([stored], terms=terms)),
        "amendment": sum(dated.net.amount for dated in stretch.dated()),
        "invoice": sum(line.net for line in slices(due, on=days.end, usage={})),
    }
    assert said == dict.fromkeys(said, D(example.total))


@pytest.mark.parametrize("example", SHOWN, ids=lambda e: f"{e.total} {e.policy}")
def test_every_door_shows_what_a_part_of_a_period_costs(example, draft, take, rep, doors):
    Price.objects.filter(product__sku="SUP").update(
        unit_price=D(example.price), months=example.months, starts_on=date(2010, 1, 1)
    )
    terms = {
        "starts_on": example.days.start, "term_months": 28, "proration": example.policy,
        "auto_renew": False,
    }  # fmt: skip
    change_quote(draft.pk, terms, by=rep, at=NOON)
    line = take(draft, "SUP", 1)
    change_line(line.pk, {"ends_on": example.days.end}, by=rep, at=NOON)
    assert doors() == Doors(*[D(example.total)] * 4)


STRIPE = [("5", "7", "0"), ("10", "6.50", "0"), (None, "6", "0")]
FLAT = [("10", "10", "2"), ("20", "5", "3"), (None, "5", "3")]  # Lago
STEPS = [("10", "0", "50"), (None, "0", "300")]
PACKAGES = [("100", "0", "0"), ("100", "0", "5")]  # Lago
FULL = [("5", "0", "10"), (None, "0", "0")]  # Stripe, rounded down
# Model, tiers, unit price, quantity, rules (value, stage, combination, more), net.
PRICED = [
    # W5, Zuora, “Stacked discounts”; with each amount rounded before it is subtracted.
    ("per_unit", (), "100", 1, [("5", 1, "sum"), ("10", 1, "sum"), ("15", 1, "sum")], "70.00"),
    ("per_unit", (), "100", 1, [("5", 1), ("10", 1), ("15", 1)], "72.67"),
    ("per_unit", (), "1000", 1, [("10", 1), ("20", 2), ("30", 3)], "504.00"),
    # W6, Salesforce CPQ, the additional discount last.
    ("per_unit", (), "10000", 10, [("10", 1), ("20", 2), ("30", 3), ("10", 55)], "45360.00"),
    # W7, Stripe, “Tiered pricing”, and ERPNext #18006.
    ("volume", STRIPE, "0", 1, [], "7.00"),
    ("volume", STRIPE, "0", 5, [], "35.00"),
    ("volume", STRIPE, "0", 6, [], "39.00"),
    ("volume", STRIPE, "0", 20, [], "120.00"),
    ("volume", STRIPE, "0", 25, [], "150.00"),
    ("graduated", STRIPE, "0", 6, [], "41.50"),
    ("graduated", STRIPE, "0", 20, [], "127.50"),
    ("graduated", STRIPE, "0", 25, [], "157.50"),
    ("graduated", FLAT, "0", 21, [], "163.00"),
    ("stairstep", STEPS, "0", 11, [], "300.00"),
    ("package", PACKAGES, "0", 201, [], "10.00"),
    ("package", FULL, "0", 14, [], "20.00"),
    ("per_unit", (), "100", 8, [("50", 1, "sequential", {"most_units": D(5)})], "550.00"),
    # W10, ERPNext (apply multiple; on rate) and Liferay (addition; chain).
    ("per_unit", (), "100", 1, [("20", 1, "sum"), ("10", 1, "sum")], "70.00"),
    ("per_unit", (), "100", 1, [("20", 1), ("10", 1)], "72.00"),
    ("per_unit", (), "100", 1, [("10", 1), ("5", 2)], "85.50"),
    ("per_unit", (), "100", 1, [("10", 1, "sum"), ("5", 1, "sum")], "85.00"),
]  # fmt: skip


def test_tiers_and_discounts(draft, take, rep, products, doors):
    change_quote(draft.pk, {"term_months": 1, "auto_renew": False}, by=rep, at=NOON)
    for place, (model, tiers, price, quantity, rules, _) in enumerate(PRICED):
        sku = f"W-{place}"
        products[sku] = a_price(sku, model, tiers, price)
        for number, (value, stage, *more) in enumerate(rules):
            combination, fields = [*more, *["sequential", {}][len(more) :]]
            PriceRule.objects.create(
                name=f"{sku} {number}", effect="percent", value=D(value), stage=stage,
                combination=combination, is_active=True, created_at=NOON,
                conditions=[{"field": "product", "operator": "is", "value": [sku]}], **fields,
            )  # fmt: skip
        take(draft, sku, quantity)
    nets = [D(row[-1]) for row in PRICED]
    stored = QuoteLine.objects.filter(quote=draft).order_by("position")
    assert [line.net_per_period for line in stored] == nets
    assert doors(*nets) == Doors(*[sum(nets)] * 4)
    assert list(InvoiceLine.objects.order_by("charge_id").values_list("net", flat=True)) == nets


def a_price(sku, model, tiers, price):
    product = Product.objects.create(
        sku=sku, name=f"Example {sku}", kind="subscription", unit="seat",
        revenue_pattern="over_time", created_at=NOON,
    )  # fmt: skip
    rows = [{"up_to": up_to, "unit_price": unit, "flat_fee": fee} for up_to, unit, fee in tiers]
    Price.objects.create(
        price_book=Price.objects.first().price_book, product=product, charge_kind="recurring",
        months=1, charge_model=model, unit_price=D(price), tiers=rows, starts_on=date(2020, 1, 1),
    )  # fmt: skip
    return product


@pytest.mark.parametrize(("rounding", "tax"), [("line", "15.34"), ("document", "15.33")])
def test_tax_is_rounded_as_the_company_says(rounding, tax, draft, take, products, doors, entity):
    # W10, Odoo #36675: 55.55 and 11.11 at 23 %.
    LegalEntity.objects.filter(pk=entity.pk).update(tax_rounding=rounding)
    TaxRate.objects.update(percent=23)
    for sku, price in (("A", "55.55"), ("B", "11.11")):
        products[sku] = a_price(sku, "per_unit", (), price)
        take(draft, sku)
    change_quote(draft.pk, {"term_months": 1, "auto_renew": False}, by=draft.owner, at=NOON)
    assert fresh(draft).tax_on_first_invoice == D(tax)
    doors(D("66.66"), D(tax))
    assert Invoice.objects.get().tax == D(tax)


@pytest.mark.parametrize(
    ("old", "new", "on", "credit", "charge"),
    [
        ("10", "20", date(2027, 4, 16), "5.00", "10.00"),  # W8, Stripe, “Prorations”
        ("60", "30", date(2027, 4, 21), "20.00", "10.00"),  # W8, Chargebee, “Proration”
    ],
)
def test_a_change_within_a_paid_month(
    draft, take, close, rep, does, today, old, new, on, credit, charge
):
    Price.objects.filter(product__sku="SUP").update(unit_price=D(old))
    take(draft, "SUP", 1)
    contract = close(draft)
    bill(on.replace(day=1))
    quote = Quote.objects.get(pk=start_amendment(contract.pk, on=on, by=rep, at=THEN))
    does.change(quote, "SUP", unit_price=D(new))
    said = shown(quote)
    assert (said.credit.amount, said.charge.amount) == (D(credit), D(charge))
    sent = close(fresh(quote)).quote
    page = opened(sent).get(reverse("quotes:portal_quote", args=[sent.pk])).text
    for figure in (credit, charge):
        assert figure in text_of(sent)
        assert figure in page
    assert previewed(on) == D(charge)
    bill(on)
    assert Invoice.objects.get(kind="credit_note").net == D(credit)
    assert InvoiceLine.objects.get(period_start=on, invoice__kind="invoice").net == D(charge)


@pytest.mark.parametrize(
    ("policy", "credit"),
    [
        # Zuora, “Credit amount calculation”: what was charged less what the used part costs …
        ({"basis": "days_30", "credit": "charged_first"}, "5.33"),
        ({"basis": "days_30", "credit": "remaining_share"}, "5.67"),  # … or the share of the rest
    ],
)
def test_the_quote_says_how_credits_count(policy, credit, draft, take, close, rep, does):
    change_quote(draft.pk, {"proration": policy}, by=rep, at=NOON)
    take(draft, "SUP", 1)
    contract = close(draft)
    bill(date(2027, 3, 1))
    on = date(2027, 3, 15)  # 14 of March's 31 days are used, 17 are left
    quote = Quote.objects.get(pk=start_amendment(contract.pk, on=on, by=rep, at=THEN))
    does.end(quote, "SUP")
    assert shown(quote).credit.amount == D(credit)
    close(fresh(quote))
    assert Invoice.objects.get(kind="credit_note").net == D(credit)


def test_a_renewal_over_nine_months_is_worth_its_whole_value(draft, take, close, rep, today):
    # W9, Zuora: 10 a month, renewed for nine months.
    change_quote(draft.pk, {"auto_renew": False}, by=rep, at=NOON)
    take(draft, "SUP", 1)
    contract = close(draft)
    bill(date(2027, 12, 31))
    renewal = Quote.objects.get(pk=draft_renewal(contract.pk, by=rep, at=NOON))
    change_quote(renewal.pk, {"term_months": 9}, by=rep, at=NOON)
    assert fresh(renewal).contract_total == D(90)
    plan = billing_schedule(fresh(renewal), fresh(renewal).lines.all()).instalments
    sent = close(fresh(renewal)).quote
    assert "90.00" in text_of(sent)
    on = date(2028, 12, 31)
    assert (planned(plan), previewed(on)) == (D(90), D(90))
    bill(on)
    lines = InvoiceLine.objects.filter(period_start__gte=date(2028, 1, 1))
    assert sum(lines.values_list("net", flat=True)) == D(90)
