"""What a line may not fall below unless somebody approves it: a floor, a product's margin."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from q2c.kernel.errors import Refused
from q2c.kernel.rating import ChargeKind, ChargeModel, Tier
from quotes.actions import (
    NewLine,
    add_line,
    approve_quote,
    change_line,
    ramp_line,
    submit_quote,
)
from quotes.models import ApprovalPolicy, Quote, QuoteLine
from quotes.queries import line_terms
from quotes.rules.conditions import DealFacts
from quotes.rules.limits import Limit
from quotes.rules.price_rules import Effect, PriceRule, RuleSet
from quotes.rules.pricing import LineTerms, QuoteTerms, price_quote
from quotes.rules.ramps import Plan, segments_of
from tests.quotes.conftest import NOON
from tests.quotes.test_price_rules import SOLD

TERMS = QuoteTerms("EUR", date(2027, 1, 1), 12)
SEAT = LineTerms(
    label="Seats", kind="subscription", charge_kind=ChargeKind.RECURRING, months=1,
    in_advance=True, charge_model=ChargeModel.PER_UNIT, quantity=Decimal(10),
    list_unit_price=Decimal(10), product_id=1, unit_cost=Decimal(5),
)  # fmt: skip


def below(*lines):
    return [each.below for each in price_quote(lines, TERMS)[0]]


def ramp(free_months, **given):
    """Seats whose first months somebody gives free, at list after them."""
    plan = Plan(12, Decimal(10), Decimal(10), free_months=free_months)
    return [
        replace(
            SEAT, starts_on=one.start, ends_on=one.end, discount_percent=one.discount_percent,
            ramp=7, **given,
        )
        for one in segments_of(plan, TERMS.term)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"discount_percent": Decimal(10)}, []),
        ({"discount_percent": Decimal(20)}, ["its margin of 43.75 % is below its product's minimum of 50 %"]),
        ({"discount_percent": Decimal(100)}, ["it is free but costs us, below its product's minimum of 50 %"]),
        ({"unit_cost": None}, ["its cost is not known in EUR, so nobody can tell about its product's minimum of 50 %"]),
        ({"charge_model": ChargeModel.VOLUME, "tiers": (Tier(Decimal(9), Decimal(1)), Tier(None, Decimal("0.50")))}, ["its margin of 10 % is below its product's minimum of 50 %"]),
    ],
)  # fmt: skip
def test_use_has_the_margin_of_a_unit(given, words):
    use = replace(
        SEAT, charge_kind=ChargeKind.USAGE, list_unit_price=Decimal(1),
        unit_cost=Decimal("0.45"), min_margin_percent=Decimal(50),
    )  # fmt: skip
    assert [[one.words for one in found] for found in below(replace(use, **given))] == [words]


def test_a_discount_stops_at_the_floor_and_needs_nobody():
    cheap = replace(SEAT, floor_unit_price=Decimal(8), discount_percent=Decimal(40))
    price = price_quote([cheap], TERMS)[0][0]
    assert (price.net_per_period.amount, price.below) == (80, ())


def test_a_price_agreed_below_the_floor_stands_and_is_measured():
    agreed = replace(SEAT, floor_unit_price=Decimal(8), agreed_unit_price=Decimal(6))
    price = price_quote([agreed], TERMS)[0][0]
    assert price.net_per_period.amount == 60
    (found,) = price.below
    assert (found.limit, found.by) == (Limit.FLOOR, 25)
    assert found.words == "it costs 60.00 EUR a period, below its floor of 80.00 EUR"
    assert price.way_to_json()[-1]["kind"] == "below"


@pytest.mark.parametrize(
    ("free_months", "by"),
    [(2, None), (3, Decimal("6.25"))],  # 1,000 and 900 over the year; the floor is 960
)
def test_free_months_are_free_and_measured_over_all_months_together(free_months, by):
    free, paid = price_quote(ramp(free_months, floor_unit_price=Decimal(8)), TERMS)[0]
    assert (free.net_per_period.amount, paid.below) == (0, ())
    assert [each.by for each in free.below] == ([] if by is None else [by])


@pytest.mark.parametrize(
    ("free_months", "words"),
    [(1, []), (6, ["its margin of 0 % is below the 10 % that “Keep 10” keeps"])],
)
@pytest.mark.parametrize("blocks", [False, True])
def test_free_months_are_free_before_a_margin_guard_and_measured_by_it(free_months, words, blocks):
    guard = PriceRule(1, "Keep 10", Effect.MARGIN, Decimal(10), blocks=blocks)
    free, paid = price_quote(
        ramp(free_months),
        TERMS,
        RuleSet((guard,), DealFacts(date=TERMS.starts_on, currency="EUR"), SOLD),
    )[0]
    assert (free.net_per_period.amount, paid.net_per_period.amount) == (0, 100)
    assert [each.words for each in (*free.below, *paid.below)] == words


def test_a_list_price_below_the_floor_is_no_discount():
    assert below(replace(SEAT, floor_unit_price=Decimal(12))) == [()]


def test_a_margin_below_the_products_minimum_is_measured_in_points():
    thin = replace(SEAT, min_margin_percent=Decimal(40), discount_percent=Decimal(20))
    (found,) = below(thin)[0]
    assert (found.limit, found.by) == (Limit.MARGIN, Decimal("2.50"))
    assert found.words == "its margin of 37.5 % is below its product's minimum of 40 %"
    assert below(replace(thin, discount_percent=Decimal(10))) == [()]
    # Half of the year's income is free, all of its cost stays.
    assert [each.by for each in below(*ramp(6, min_margin_percent=Decimal(40)))[0]] == [40]


def test_an_unknown_cost_says_so_and_is_below_nothing():
    (found,) = below(replace(SEAT, min_margin_percent=Decimal(40), unit_cost=None))[0]
    assert found.by is None
    assert found.words.startswith("its cost is not known in EUR")


def test_options_not_taken_and_adjustments_are_not_measured():
    low = replace(SEAT, floor_unit_price=Decimal(8), agreed_unit_price=Decimal(6))
    assert below(replace(low, is_adjustment=True)) == [()]
    assert below(replace(low, is_counted=False)) == [()]


def test_what_a_contract_agreed_stands_until_somebody_agrees_another_price(thin, rep):
    carried = QuoteLine.objects.get(pk=thin.pk)
    carried.is_contract_price, carried.negotiated_by = True, None
    assert line_terms(carried).min_margin_percent is None
    carried.negotiated_by = rep
    assert line_terms(carried).min_margin_percent == 65


@pytest.fixture
def thin(draft, take, products, rep):
    """Support whose product wants 65 % margin, sold at 40 % off: 6 for what costs 4."""
    products["SUP"].min_margin_percent = Decimal(65)
    products["SUP"].save()
    line = take(draft, "SUP", 10)
    change_line(line.pk, {"discount_percent": Decimal(40)}, by=rep, at=NOON)
    return line


def test_below_a_limit_that_no_policy_asks_about_nothing_is_submitted(thin, draft, rep):
    with pytest.raises(Refused, match=r"Support: its margin of 33.33 % is below.*none asks"):
        submit_quote(draft.pk, by=rep, at=NOON)
    assert Quote.objects.get(pk=draft.pk).state == "draft"


def test_where_a_policy_asks_about_it_somebody_decides(thin, draft, rep, cfo):
    policy = ApprovalPolicy.objects.create(name="Below limits", needs_all_conditions=False)
    policy.conditions.create(measure="under_margin", operator="above", limit=0)
    policy.conditions.create(measure="under_floor", operator="above", limit=0)
    policy.steps.create(asks="role", role="finance_manager")
    assert submit_quote(draft.pk, by=rep, at=NOON).state == "in_review"
    asked = Quote.objects.get(pk=draft.pk).approvals.get()
    assert asked.reason == (
        "“Support”: its margin of 33.33 % is below its product's minimum of 65 %"
    )
    assert approve_quote(asked.pk, by=cfo, at=NOON).state == "approved"


def test_free_months_do_not_get_around_the_floor(draft, rep, products, book):
    book.prices.filter(product=products["SUP"]).update(floor_unit_price=Decimal(8))
    new = NewLine(product_id=products["SUP"].pk, quantity=Decimal(10))
    line = add_line(draft.pk, new, by=rep, at=NOON)
    term = draft.starts_on, 12
    plan = Plan(12, Decimal(10), Decimal(10), free_months=6)
    segments = segments_of(plan, QuoteTerms("EUR", *term).term)
    ramp_line(line.pk, segments, by=rep, at=NOON)
    assert Quote.objects.get(pk=draft.pk).contract_total == 600
    with pytest.raises(Refused, match="with what is free it comes to 600"):
        submit_quote(draft.pk, by=rep, at=NOON)
