"""What one person waits for: pricing, pages, a PDF."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from http import HTTPStatus
from math import inf
from statistics import quantiles
from time import perf_counter

from django.conf import settings
from django.test import Client, override_settings
from django.urls import reverse

from billing.documents import render_invoice
from billing.models import Invoice
from contracts.models import Contract
from orders.models import Subscription
from q2c.demo.bench.filling import an_api_key
from q2c.demo.bench.table import Row
from q2c.identity.models import User
from q2c.kernel.rating import ChargeKind, ChargeModel, Tier
from quotes.rules.conditions import DealFacts, read_conditions
from quotes.rules.price_rules import Break, Combination, Effect, PriceRule, RuleSet
from quotes.rules.pricing import LineTerms, QuoteTerms, price_quote
from revenue.models import JournalEntry

_TERMS = QuoteTerms("EUR", date(2027, 1, 31), 36)
_TIERS = (Tier(Decimal(25), Decimal(14)), Tier(None, Decimal("9.50")))
_LINE = LineTerms(
    label="Support",
    kind="subscription",
    charge_kind=ChargeKind.RECURRING,
    months=1,
    in_advance=True,
    charge_model=ChargeModel.GRADUATED,
    quantity=Decimal(40),
    list_unit_price=Decimal(14),
    tiers=_TIERS,
    discount_percent=Decimal(7),
)


_RULES = RuleSet(
    (
        PriceRule(
            1, "Volume across lines", Effect.BREAKS, is_across=True,
            breaks=(Break(Decimal(100), Decimal(4)), Break(Decimal(90_000), Decimal(8))),
            conditions=read_conditions(
                [{"field": "category", "operator": "is", "value": ["Telephony"]}]
            ),
        ),
        PriceRule(
            2, "Many", Effect.PERCENT, Decimal(3), combination=Combination.SUM, stage=20,
            conditions=read_conditions(
                [{"field": "quantity", "operator": "at_least", "value": "50"}]
            ),
        ),
        PriceRule(3, "Partners", Effect.PERCENT, Decimal(10), stage=30, conditions=read_conditions(
            [{"field": "channel", "operator": "is", "value": ["partner"]}]
        )),
        PriceRule(4, "Margin", Effect.MARGIN, Decimal(20)),
    ),
    DealFacts(date(2026, 11, 24), "EUR", 36),
    {1: ("SUPPORT", "Telephony"), 2: ("SETUP", "Services")},
)  # fmt: skip


def pricing() -> list[Row]:
    """Price a quote of 500 lines, and one of 50 to see that it is linear.

    Bundles of five, one of them a percentage of the others; ramps, tiers, and rules for every line.
    """
    second_year, line = date(2028, 1, 31), replace(_LINE, product_id=1)
    kinds = (
        replace(line, ends_on=second_year),
        replace(line, starts_on=second_year, quantity=Decimal(60)),
        replace(line, charge_model=ChargeModel.PER_UNIT, tiers=(), months=12),
        replace(
            line,
            charge_kind=ChargeKind.ONE_TIME,
            charge_model=ChargeModel.PER_UNIT,
            tiers=(),
            months=0,
            product_id=2,
        ),
        replace(line, charge_model=ChargeModel.PERCENT_OF, tiers=()),
    )
    lines = [replace(kinds[place % 5], bundle=place // 5) for place in range(500)]
    many = _quickest(lambda: price_quote(lines, _TERMS, _RULES))
    few = _quickest(lambda: price_quote(lines[:50], _TERMS, _RULES))
    return [
        Row("pricing 500 lines", many * 1000, 50, "ms", "in process", is_more_better=False),
        Row(
            "pricing grows with lines",
            many / few / 10,
            1.5,
            "times",
            "a line of 500 against a line of 50",
            is_more_better=False,
        ),
    ]


_LISTS = [
    "/", "/invoices/", "/invoices/?tab=open", "/invoices/?tab=overdue", "/invoices/?tab=paid",
    "/invoices/?q=Customer+77", "/payments/", "/collections/", "/billing-runs/", "/quotes/",
    "/contracts/", "/orders/", "/subscriptions/", "/usage/", "/customers/", "/products/",
    "/ledger/", "/api/v1/invoices?limit=100",
]  # fmt: skip
_REPORTS = [
    "/receivables/", "/deferred-revenue/", "/trial-balance/", "/periods/", "/recognition/",
    "/tie-out/", "/receivables/?on=2026-01-15",
]  # fmt: skip


def pages(times: int, *, at: datetime) -> list[Row]:
    """Ask for lists, documents and reports as an administrator does; the slowest one counts."""
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(User.objects.get(email="admin@brightline.example"))
    client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {an_api_key(at=at)}"  # the API reads it alone
    kinds = (("lists", _LISTS), ("documents", _documents()), ("reports", _REPORTS))
    count = Invoice.objects.count()
    # Nobody collects static files for a measurement.
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(STORAGES={**settings.STORAGES, "staticfiles": plain}):
        return [_slowest(name, client, paths, times=times, invoices=count) for name, paths in kinds]


def invoice_pdf(times: int) -> Row:
    """Render a one-page invoice again and again, as a warm worker does."""
    invoice = Invoice.objects.filter(state="posted").earliest("pk")
    render_invoice(invoice)
    started = perf_counter()
    for _ in range(times):
        render_invoice(invoice)
    speed = times / (perf_counter() - started)
    return Row("invoice PDF", speed, 4, "a second", "one page, one process, warm")


def _documents() -> list[str]:
    invoice, entry = Invoice.objects.latest("pk"), JournalEntry.objects.latest("pk")
    contract = Contract.objects.latest("pk")
    return [
        reverse("billing:invoice", args=[invoice.pk]),
        reverse("customers:detail", args=[invoice.customer_id]),
        reverse("billing:customer_panel", args=[invoice.customer_id]),
        reverse("revenue:customer_panel", args=[invoice.customer_id]),
        reverse("revenue:invoice_panel", args=[invoice.pk]),
        reverse("revenue:entry", args=[entry.pk]),
        reverse("quotes:detail", args=[contract.quote_id]),
        reverse("contracts:detail", args=[contract.pk]),
        reverse("orders:subscription", args=[Subscription.objects.latest("pk").pk]),
        f"/api/v1/invoices/{invoice.pk}",
    ]


def _slowest(name: str, client: Client, paths: Sequence[str], *, times: int, invoices: int) -> Row:
    found = {path: _p95(client, path, times) for path in paths}
    path = max(found, key=found.__getitem__)
    return Row(
        f"{name}, p95 of the slowest",
        found[path] * 1000,
        150,
        "ms",
        f"{path} of {len(paths)} pages, {invoices:,} invoices",
        is_more_better=False,
    )


def _p95(client: Client, path: str, times: int) -> float:
    seconds = []
    for _ in range(times + 1):
        started = perf_counter()
        answer = client.get(path)
        seconds.append(perf_counter() - started)
        if answer.status_code != HTTPStatus.OK:
            raise RuntimeError(f"{path} answers {answer.status_code}.")
    return quantiles(seconds[1:], n=20, method="inclusive")[-1]  # the first one warms up


def _quickest(work: Callable[[], object]) -> float:
    best = inf
    for _ in range(7):
        started = perf_counter()
        work()
        best = min(best, perf_counter() - started)
    return best
