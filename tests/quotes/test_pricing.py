"""What a quote costs: pure rules over frozen values."""

import sys
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from q2c.kernel.errors import Refused
from q2c.kernel.money import Money, total
from q2c.kernel.percent import Limits, Of, read_limits, stored_limits
from q2c.kernel.proration_policy import BY_DAYS, STANDARD, Basis, Partial, ProrationPolicy
from q2c.kernel.rating import ChargeKind, ChargeModel, Tier
from quotes.rules.pricing import LineTerms, QuoteTerms, price_line, price_quote

TERMS = QuoteTerms("EUR", date(2027, 1, 1), 12)


def line(**given):
    values = {
        "label": "Support", "kind": "subscription", "charge_kind": ChargeKind.RECURRING, "months": 1,
        "in_advance": True, "charge_model": ChargeModel.PER_UNIT, "quantity": Decimal(10),
        "list_unit_price": Decimal(10),
    }  # fmt: skip
    return LineTerms(**{**values, **given})


def once(**given):
    return line(charge_kind=ChargeKind.ONE_TIME, months=0, kind="goods", **given)


def eur(amount):
    return Money(Decimal(amount), "EUR")


def test_a_monthly_line_costs_its_period_times_the_term():
    priced = price_line(line(), TERMS)
    assert priced.net_per_period == eur("100")
    assert priced.contract_total == eur("1200")
    assert priced.monthly == priced.first_invoice == eur("100")


def test_a_discount_is_rounded_as_an_amount_and_then_subtracted():
    priced = price_line(
        line(quantity=Decimal(1), list_unit_price=Decimal("0.35"), discount_percent=Decimal(10)),
        TERMS,
    )
    assert priced.net_per_period == eur("0.31")  # 0.035 rounds up to 0.04 off
    assert priced.trace[1] == "Discount 10 %: −0.04"


def test_the_quotes_discount_comes_after_the_lines():
    terms = QuoteTerms("EUR", date(2027, 1, 1), 12, Decimal(10))
    assert price_line(line(discount_percent=Decimal(20)), terms).net_per_period == eur("72")
    assert price_line(line(discount_percent=Decimal(20)), terms).discount_percent == Decimal(28)


@pytest.mark.parametrize(
    ("policy", "total"),
    [
        (STANDARD, "1800"),  # whole months first: 18 of 12
        (BY_DAYS, "1796.72"),  # 2027 whole, then 182 of the 366 days of 2028
    ],
)
def test_a_yearly_line_in_a_term_of_18_months_pays_half_a_year(policy, total):
    priced = price_line(
        line(months=12, quantity=Decimal(1), list_unit_price=Decimal(1200)),
        QuoteTerms("EUR", date(2027, 1, 1), 18, policy=policy),
    )
    assert priced.contract_total == eur(total)
    assert priced.first_invoice == eur("1200")
    assert priced.monthly == eur("100")


def test_goods_are_not_on_the_first_invoice_but_services_are():
    goods = price_line(once(quantity=Decimal(2)), TERMS)
    service = price_line(
        line(charge_kind=ChargeKind.ONE_TIME, months=0, kind="service", quantity=Decimal(2)), TERMS
    )
    assert (goods.first_invoice, goods.one_time) == (eur("0"), eur("20"))
    assert (service.first_invoice, service.one_time) == (eur("20"), eur("20"))


def test_usage_is_in_no_total():
    _, totals = price_quote([line(charge_kind=ChargeKind.USAGE)], TERMS)
    assert totals.contract == totals.list == totals.first_invoice == eur("0")
    assert totals.margin_percent is None


def test_graduated_tiers_charge_each_band_at_its_price():
    tiers = (Tier(Decimal(25), Decimal(14)), Tier(None, Decimal("9.50")))
    priced = price_line(
        line(charge_model=ChargeModel.GRADUATED, quantity=Decimal(30), tiers=tiers), TERMS
    )
    assert priced.net_per_period == eur("397.50")
    assert priced.trace[:2] == ("25 × 14", "5 × 9.5")


def percent_line(percent="20", **given):
    return line(charge_model=ChargeModel.PERCENT_OF, list_unit_price=Decimal(percent), **given)


def test_what_is_charged_once_takes_its_percentage_of_the_average_of_a_ramp():
    half = date(2027, 7, 1)
    ramp = [
        line(ends_on=half, ramp=1, list_unit_price=Decimal(10)),
        line(starts_on=half, ramp=1, list_unit_price=Decimal(20)),
    ]
    once = percent_line(
        "10", charge_kind=ChargeKind.ONE_TIME, months=0, limits=Limits(charges=Of.RECURRING)
    )
    flat = line(list_unit_price=Decimal(15))
    of_ramp, of_flat = (price_quote([*of, once], TERMS)[0] for of in (ramp, [flat]))
    assert of_ramp[-1].net_per_period == of_flat[-1].net_per_period
    assert of_flat[-1].net_per_period.amount == of_flat[0].net_per_period.amount / 10


def test_a_percentage_is_taken_of_the_net_of_the_other_lines_charged_as_often():
    lines = [
        percent_line("20"),
        line(discount_percent=Decimal(10)),
        line(months=12),
        percent_line("5"),
    ]
    (first, *_, last), totals = price_quote(lines, TERMS)
    assert first.net_per_period == eur("18")
    assert last.net_per_period == eur("4.50")  # percentages do not stand on each other
    assert first.trace[0] == "20 % of 90"
    assert totals.contract == eur("1450")  # 12 months at 112.50, and 100 a year
    assert price_quote(lines[::-1], TERMS)[1] == totals


def test_a_percentage_in_a_bundle_is_taken_of_that_bundle():
    lines = [line(bundle=1), line(bundle=2), percent_line("10", bundle=1), percent_line("10")]
    priced, _ = price_quote(lines, TERMS)
    assert [p.net_per_period.amount for p in priced[2:]] == [Decimal(10), Decimal(20)]


def test_a_percentage_may_name_its_products_and_limits():
    of_seven = Limits(maximum=Decimal(15), products=frozenset({7}))
    lines = [line(product_id=7), line(product_id=8), percent_line("20", limits=of_seven)]
    assert price_quote(lines, TERMS)[0][2].net_per_period == eur("15")
    none_sold = [line(product_id=8), percent_line("20", limits=of_seven)]
    assert price_quote(none_sold, TERMS)[0][1].net_per_period == eur("0")


def test_a_percentage_of_a_ramp_is_taken_of_its_average_over_the_days():
    halves = {"ends_on": date(2027, 1, 16)}, {"starts_on": date(2027, 1, 16)}
    lines = [line(**days) for days in halves] + [line(is_counted=False), percent_line("20")]
    january = QuoteTerms("EUR", date(2027, 1, 1), 1)
    assert price_quote(lines, january)[0][-1].net_per_period == eur("20")
    assert price_quote(lines[1:], january)[0][-1].net_per_period == eur("10.32")  # 16 of 31 days


def test_a_percentage_of_a_ramp_weighs_its_segments_by_the_months_they_are_billed_for():
    two_free = {"starts_on": date(2027, 3, 31)}
    lines = [line(**two_free, list_unit_price=Decimal(29)), percent_line("-5", is_adjustment=True)]
    _, loyalty = price_quote(lines, QuoteTerms("EUR", date(2027, 1, 31), 12))[0]
    assert loyalty.trace[0] == "−5 % of 241.67"  # ten months of twelve, not 306 days of 365
    assert loyalty.contract_total == eur("-144.96")


def test_an_agreed_percentage_stands_in_for_the_listed_one():
    lines = [line(), percent_line("20", agreed_unit_price=Decimal(15))]
    priced = price_quote(lines, TERMS)[0][1]
    assert (priced.net_per_period, priced.list_per_period) == (eur("15"), eur("20"))


def test_the_discount_on_the_whole_reaches_a_percentage_once_through_its_base():
    terms = QuoteTerms("EUR", date(2027, 1, 1), 12, Decimal(10))
    (_, percentage), _ = price_quote([line(), percent_line("20")], terms)
    assert percentage.net_per_period == eur("18")


def test_a_usage_line_with_a_commitment_says_what_is_due_without_use():
    tiers = (Tier(Decimal(100), Decimal(0), Decimal(50)), Tier(None, Decimal(1)))
    used = line(charge_kind=ChargeKind.USAGE, charge_model=ChargeModel.COMMITMENT, tiers=tiers)
    assert price_line(used, TERMS).trace[-1] == "50 a period is due without use too"


def test_an_adjustment_is_signed_takes_no_discount_and_counts_as_given_away():
    lines = [line(), line(quantity=Decimal(1), list_unit_price=Decimal(-15), is_adjustment=True)]
    _, totals = price_quote(lines, QuoteTerms("EUR", date(2027, 1, 1), 12, Decimal(10)))
    assert totals.monthly == eur("75")
    assert totals.list == eur("1200")
    assert totals.discount_percent == Decimal("25.00")


def test_yen_have_no_decimals():
    terms = QuoteTerms("JPY", date(2027, 1, 1), 1)
    priced = price_line(line(quantity=Decimal(1), list_unit_price=Decimal("99.5")), terms)
    assert priced.net_per_period == Money(Decimal(100), "JPY")


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        (QuoteTerms("EUR", date(2027, 1, 1), 0), "term_months"),
        (QuoteTerms("EUR", date(2027, 1, 1), 121), "term_months"),
        (QuoteTerms("EUR", date(2027, 1, 1), 12, Decimal("100.01")), "discount_percent"),
        (QuoteTerms("EUR", date(2027, 1, 1), 12, Decimal(-1)), "discount_percent"),
        (QuoteTerms("EURO", date(2027, 1, 1), 12), "currency"),
    ],
)
def test_terms_no_quote_may_have_are_refused_at_the_field(terms, field):
    with pytest.raises(Refused) as refusal:
        price_quote([line()], terms)
    assert refusal.value.field == field


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"discount_percent": Decimal(101)}, "discount_percent"),
        ({"quantity": Decimal(-1)}, "quantity"),
        ({"list_unit_price": Decimal(-1)}, "list_unit_price"),
        ({"months": 0}, "months"),
        ({"is_adjustment": True, "discount_percent": Decimal(5)}, "discount_percent"),
        ({"charge_model": ChargeModel.GRADUATED}, "tiers"),
        ({"charge_model": ChargeModel.PERCENT_OF, "charge_kind": ChargeKind.USAGE}, "months"),
        (
            {
                "charge_model": ChargeModel.VOLUME,
                "tiers": (Tier(Decimal(5), Decimal(1)), Tier(Decimal(5), Decimal(1))),
            },
            "tiers",
        ),
    ],
)
def test_lines_that_cannot_be_priced_are_refused_at_the_field(wrong, field):
    with pytest.raises(Refused) as refusal:
        price_quote([line(**wrong)], TERMS)
    assert refusal.value.field == field


def test_limits_of_a_percentage_are_stored_and_read_back():
    limits = Limits(Decimal(5), Decimal("99.5"), frozenset({3, 1}))
    assert read_limits(stored_limits(limits)) == limits
    assert stored_limits(Limits()) == []


@pytest.mark.parametrize(
    ("rows", "field"),
    [
        ([{}, {}], "tiers"),
        ([{"up_to": "ten"}], "tiers"),
        ([{"flat_fee": "-1"}], "minimum"),
        ([{"flat_fee": "5", "up_to": "4"}], "maximum"),
    ],
)
def test_limits_that_contradict_are_refused_at_the_field(rows, field):
    with pytest.raises(Refused) as refusal:
        read_limits(rows)
    assert refusal.value.field == field


amounts = st.decimals(0, 10_000, places=4)
percents = st.decimals(0, 100, places=2)
CURRENCIES = st.sampled_from(["JPY", "EUR", "KWD"])
BEATS = st.sampled_from([(1, 0), (3, 0), (12, 0), (24, 0), (0, 1), (0, 2)])
BANDS = (Tier(Decimal(10), Decimal(9), Decimal(2)), Tier(None, Decimal(7)))
MODELS = st.sampled_from(
    [
        (ChargeModel.PER_UNIT, ()),
        (ChargeModel.FLAT, ()),
        (ChargeModel.GRADUATED, BANDS),
        (ChargeModel.VOLUME, (replace(BANDS[0], per=Decimal(4)), BANDS[1])),
        (ChargeModel.STAIRSTEP, (Tier(Decimal(9), Decimal(0), Decimal(50)), BANDS[1])),
        (ChargeModel.PACKAGE, (Tier(Decimal(8), Decimal(0), Decimal(30)),)),
    ]
)
POLICIES = st.builds(
    ProrationPolicy,
    basis=st.sampled_from(Basis),
    month_first=st.booleans(),
    partial=st.sampled_from(Partial),
)


@st.composite
def some_terms(draw):
    return QuoteTerms(
        draw(CURRENCIES), date(2027, 1, 31), draw(st.integers(1, 60)), draw(percents),
        policy=draw(POLICIES),
    )  # fmt: skip


@st.composite
def some_line(draw):
    """A line of any model and rhythm, over the term or from some day on, taken or not."""
    kind = draw(st.sampled_from(ChargeKind))
    months, weeks = (0, 0) if kind is ChargeKind.ONE_TIME else draw(BEATS)
    model, tiers = draw(MODELS)
    starts_on = None
    if kind is not ChargeKind.ONE_TIME:
        starts_on = draw(st.none() | st.dates(date(2027, 1, 31), date(2027, 2, 27)))
    return line(
        charge_kind=kind, months=months, weeks=weeks, charge_model=model, tiers=tiers,
        kind=draw(st.sampled_from(["goods", "service"])), starts_on=starts_on,
        quantity=draw(st.decimals(0, 500, places=2)), list_unit_price=draw(amounts),
        discount_percent=draw(percents), in_advance=draw(st.booleans()),
        is_counted=draw(st.booleans()),
    )  # fmt: skip


SHARE = line(charge_model=ChargeModel.PERCENT_OF, list_unit_price=Decimal(12))


@given(st.lists(some_line() | st.just(SHARE), max_size=8), some_terms(), st.randoms())
def test_totals_are_the_sums_of_lines_in_any_order(lines, terms, random):
    priced, totals = price_quote(lines, terms)
    counted = [p for p, each in zip(priced, lines, strict=True) if each.is_counted]
    for name in ("contract_total", "list_total", "first_invoice", "one_time"):
        parts = (getattr(p, name) for p in counted)
        assert getattr(totals, name.removesuffix("_total")) == total(parts, terms.currency)
    order = list(range(len(lines)))
    random.shuffle(order)
    again, same = price_quote([lines[place] for place in order], terms)
    assert same == totals
    assert again == [priced[place] for place in order]


@given(some_line(), some_terms())
def test_a_discounted_price_lies_between_nothing_and_list(a_line, terms):
    priced = price_line(a_line, terms)
    assert 0 <= priced.net_per_period.amount <= priced.list_per_period.amount
    assert 0 <= priced.contract_total.amount <= priced.list_total.amount
    assert 0 <= priced.first_invoice.amount <= priced.contract_total.amount


@given(some_line(), some_terms())
def test_a_longer_term_never_costs_less(a_line, terms):
    longer = replace(terms, term_months=terms.term_months + 1)
    short, long = (price_line(a_line, term).contract_total for term in (terms, longer))
    assert short <= long


def test_five_hundred_lines_are_priced_in_linear_time():
    tiers = (Tier(Decimal(25), Decimal(14)), Tier(None, Decimal("9.50")))
    lines = [
        line(charge_model=ChargeModel.GRADUATED, tiers=tiers, discount_percent=Decimal(7))
        for _ in range(500)
    ]
    price_quote(lines[:1], TERMS)
    few, many = _calls(lines[:100]), _calls(lines)
    assert many < few * 5 * 1.1  # the speed itself is measured by the bench, not here


def _calls(lines):
    calls = []
    sys.setprofile(lambda frame, event, arg: calls.append(event))
    try:
        price_quote(lines, TERMS)
    finally:
        sys.setprofile(None)
    return len(calls)


def test_a_cost_that_is_not_known_leaves_no_margin():
    lines = [line(unit_cost=Decimal(4)), line(unit_cost=None)]
    _, totals = price_quote(lines, TERMS)
    assert (totals.cost, totals.margin_percent) == (None, None)
    known, _ = price_quote(lines[:1], TERMS)
    assert known[0].cost_total == eur(480)


def test_the_segments_of_a_ramp_are_charged_one_after_the_other():
    first = line(quantity=Decimal(1), ends_on=date(2027, 2, 1))
    second = line(quantity=Decimal(2), starts_on=date(2027, 2, 1), ends_on=date(2027, 3, 1))
    rest = line(quantity=Decimal(3), starts_on=date(2027, 3, 1))
    priced, totals = price_quote([rest, first, second], TERMS)
    assert [p.contract_total for p in priced] == [eur(300), eur(10), eur(20)]  # Zuora, W9
    assert (totals.contract, totals.monthly, totals.first_invoice) == (eur(330), eur(30), eur(10))


def test_a_line_that_starts_within_a_period_pays_its_days_of_it():
    priced = price_line(line(starts_on=date(2027, 1, 16), ends_on=date(2027, 3, 1)), TERMS)
    assert priced.contract_total == eur("151.61")  # 100 less 15 of 31 days, and February


def test_days_outside_the_quote_are_refused_in_words():
    with pytest.raises(Refused, match="outside the quote's 01 Jan 2027 to 31 Dec 2027"):
        price_line(line(starts_on=date(2026, 12, 1)), TERMS)


def test_a_weekly_line_counts_weeks_from_the_first_day():
    priced = price_line(line(months=0, weeks=2, ends_on=date(2027, 1, 22)), TERMS)
    assert priced.contract_total == eur(150)  # a fortnight and a half
    assert priced.monthly == eur("216.67")  # 26 fortnights over 12 months


def test_an_agreed_price_stands_in_for_the_list_price():
    priced, totals = price_quote([line(agreed_unit_price=Decimal(8))], TERMS)
    assert (priced[0].list_per_period, priced[0].net_per_period) == (eur(100), eur(80))
    assert totals.discount_percent == Decimal(20)


def test_what_is_not_chosen_is_priced_but_in_no_total():
    priced, totals = price_quote([line(), line(is_counted=False)], TERMS)
    assert priced[1].contract_total == eur(1200)
    assert (totals.contract, totals.monthly) == (eur(1200), eur(100))
