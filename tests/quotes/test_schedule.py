"""The dated billing schedule: what the customer is shown is what will be billed, to the cent."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from q2c.kernel.money import Money, total
from q2c.kernel.proration_policy import Basis, Partial, ProrationPolicy
from q2c.kernel.rating import ChargeKind, ChargeModel
from quotes.rules.pricing import LineTerms, QuoteTerms, price_line
from quotes.rules.schedule import Instalment, by_month, instalments, on_shipment, schedule

YEAR = QuoteTerms("EUR", date(2027, 1, 1), 12)


@dataclass(frozen=True)
class Line:
    net_per_period: Decimal = Decimal(100)
    charge_kind: str = "recurring"
    months: int = 1
    weeks: int = 0
    price_months: int = 0
    in_advance: bool = True
    starts_on: date | None = None
    ends_on: date | None = None
    kind: str = "subscription"
    position: int = 1


def eur(amount):
    return Money(Decimal(amount), "EUR")


def plan(*lines, terms=YEAR):
    return schedule(lines, terms=terms)


def test_a_period_falls_due_on_its_first_day_in_advance_and_after_its_last_in_arrears():
    assert [p.due_on for p in plan(Line(months=6))] == [date(2027, 1, 1), date(2027, 7, 1)]
    arrears = plan(Line(months=6, in_advance=False))
    assert [p.due_on for p in arrears] == [date(2027, 7, 1), date(2028, 1, 1)]


def test_goods_fall_due_when_they_are_shipped_and_usage_is_not_known_yet():
    goods = Line(charge_kind="one_time", months=0, kind="goods")
    usage = Line(charge_kind="usage", kind="usage", net_per_period=Decimal(0))
    assert [(p.due_on, p.net) for p in plan(goods, usage)] == [(None, eur(100))]


def test_equal_amounts_in_a_row_are_told_once():
    setup = Line(Decimal(50), charge_kind="one_time", months=0, kind="service", position=2)
    assert instalments(plan(Line(), setup), currency="EUR") == [
        Instalment(date(2027, 1, 1), date(2027, 1, 1), 1, eur(150)),
        Instalment(date(2027, 2, 1), date(2027, 12, 1), 11, eur(100)),
    ]


def test_cash_is_told_by_month():
    quarterly = plan(Line(Decimal(300), months=3))
    assert list(by_month(quarterly, currency="EUR")) == [date(2027, m, 1) for m in (1, 4, 7, 10)]
    assert on_shipment(quarterly, currency="EUR") == eur(0)


def test_cash_without_a_month_comes_as_goods_are_shipped():
    goods = Line(Decimal(89), charge_kind="one_time", months=0, kind="goods")
    planned = plan(goods, Line())
    assert on_shipment(planned, currency="EUR") == eur(89)
    assert total(by_month(planned, currency="EUR").values(), "EUR") == eur(1200)


@settings(max_examples=1000)
@given(
    price=st.decimals("0.01", "99999", places=2),
    cadence=st.sampled_from([(1, 0), (3, 0), (12, 0), (36, 0), (0, 1), (0, 2)]),
    months=st.integers(1, 60),
    start=st.dates(date(2023, 1, 1), date(2028, 12, 31)),
    cut=st.tuples(st.integers(0, 20), st.integers(0, 20)),
    currency=st.sampled_from(["EUR", "JPY", "KWD"]),
    policy=st.builds(
        ProrationPolicy,
        basis=st.sampled_from(Basis),
        month_first=st.booleans(),
        partial=st.sampled_from([Partial.PRORATE, Partial.ROUND_UP]),
    ),
)
def test_the_charges_of_a_line_add_up_to_its_total(  # whatever the policy: A10
    price, cadence, months, start, cut, currency, policy
):
    terms = QuoteTerms(currency, start, months, policy=policy)
    days = {
        "starts_on": terms.term.start + timedelta(days=cut[0]) if cut[0] else None,
        "ends_on": terms.term.end - timedelta(days=cut[1]) if cut[1] else None,
    }
    if (days["starts_on"] or terms.term.start) >= (days["ends_on"] or terms.term.end):
        return
    priced = price_line(
        LineTerms(
            label="Any", kind="subscription", charge_kind=ChargeKind.RECURRING, in_advance=True,
            months=cadence[0], weeks=cadence[1], charge_model=ChargeModel.PER_UNIT,
            quantity=Decimal(1), list_unit_price=price, **days,
        ),
        terms,
    )  # fmt: skip
    line = Line(priced.net_per_period.amount, months=cadence[0], weeks=cadence[1], **days)
    planned = schedule([line], terms=terms)
    assert total((p.net for p in planned), currency) == priced.contract_total
