"""Price rules: what applies, in which order, how far, and why the rest does not."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from q2c.kernel.discounts import Towards
from q2c.kernel.money import Money, minor_digits
from q2c.kernel.rating import ChargeKind, ChargeModel, Tier
from quotes.rules.conditions import DealFacts, read_conditions
from quotes.rules.price_rules import (
    Break,
    Combination,
    Effect,
    Measure,
    PriceRule,
    RuleSet,
)
from quotes.rules.pricing import LineTerms, Pricing, QuoteTerms, price_quote

TERMS = QuoteTerms("EUR", date(2027, 1, 1), 12)
SOLD = {1: ("SEAT", "Telephony"), 2: ("BOX", "Devices")}


def line(price="100", quantity=1, **given):
    terms = LineTerms(
        label="Seats", kind="subscription", charge_kind=ChargeKind.RECURRING, months=1,
        in_advance=True, charge_model=ChargeModel.PER_UNIT, quantity=Decimal(quantity),
        list_unit_price=Decimal(price), product_id=1,
    )  # fmt: skip
    return replace(terms, **given)


def rule(value="10", number=1, *, effect=Effect.PERCENT, when=(), **given):
    conditions = read_conditions(
        [{"field": field, "operator": operator, "value": value} for field, operator, value in when]
    )
    return PriceRule(number, f"R{number}", effect, Decimal(value), conditions=conditions, **given)


def rules(*given, spent=None, **deal):
    facts = {"date": date(2026, 11, 24), "currency": "EUR", **deal}
    return RuleSet(given, DealFacts(**facts), SOLD, spent or {})


def priced(a_line, *given, terms=TERMS, **deal):
    return price_quote([a_line], terms, rules(*given, **deal))[0][0]


def net(a_line, *given, **deal):
    return priced(a_line, *given, **deal).net_per_period.amount


def why_not(a_line, *given, **deal):
    return [verdict.words for verdict in priced(a_line, *given, **deal).waterfall.plan.verdicts]


def many(*percents, combination):
    return [
        rule(percent, number, combination=combination)
        for number, percent in enumerate(percents, start=1)
    ]


@pytest.mark.parametrize(
    ("combination", "percents", "left"),
    [
        (Combination.SUM, (5, 10, 15), "70.00"),  # Zuora, W5
        (Combination.SEQUENTIAL, (5, 10, 15), "72.67"),
        (Combination.SUM, (20, 10), "70.00"),  # ERPNext, W10
        (Combination.SEQUENTIAL, (20, 10), "72.00"),
        (Combination.SEQUENTIAL, (10, 5), "85.50"),  # Liferay, W10
        (Combination.SUM, (10, 5), "85.00"),
        (Combination.BEST_OF, (5, 15, 10), "85.00"),
        (Combination.EXCLUSIVE, (5, 15, 10), "95.00"),
    ],
)
def test_rules_of_a_stage_go_together_as_they_say(combination, percents, left):
    assert net(line(), *many(*percents, combination=combination)) == Decimal(left)


def test_stages_follow_one_another_and_the_reps_discount_is_one_of_them():
    """Salesforce CPQ, additional discount last (W6)."""
    system, partner, distributor = (
        rule(10, 1, stage=10),
        rule(20, 2, stage=20),
        rule(30, 3, stage=30),
    )
    once = line("10000", 10, charge_kind=ChargeKind.ONE_TIME, months=0)
    price = priced(replace(once, discount_percent=Decimal(10)), distributor, partner, system)
    assert price.net_per_period == Money(Decimal("45360.00"), "EUR")
    assert [str(step.after.amount) for step in price.waterfall.steps] == [
        "90000.00", "72000.00", "50400.00", "45360.00",
    ]  # fmt: skip


def test_two_equal_rules_have_one_winner_and_the_trace_names_the_tie_break():
    twins = many(10, 10, combination=Combination.BEST_OF)
    price = priced(line(), *reversed(twins))
    assert [step.words for step in price.waterfall.steps] == ["R1 10 %: −10.00"]
    assert [verdict.words for verdict in price.waterfall.plan.verdicts] == [
        "“R1” takes as much off; both have the priority 0, it is the older rule"
    ]
    alone = [replace(twin, combination=Combination.EXCLUSIVE) for twin in twins]
    higher = replace(alone[1], priority=7)
    assert why_not(line(), alone[0], higher) == [
        "“R2” applies alone in stage 10; its priority is higher, 7 to 0"
    ]


@pytest.mark.parametrize(
    ("when", "deal", "words"),
    [
        (("quantity", "at_least", "10"), {}, "needs 10 or more; this line has 6"),
        (("product", "is", "BOX"), {}, "needs product BOX; here it is SEAT"),
        (("category", "is_not", "Telephony"), {}, "needs category other than Telephony; here"),
        (("line_total", "at_least", "9000"), {}, "needs list total over the term 9000 or more; h"),
        (("term_months", "at_least", "24"), {}, "needs term in months 24 or more; here it is 12"),
        (("segment", "is", ["public"]), {}, "needs customer segment public; here it is none"),
        (("region", "is", "US"), {"region": "DE"}, "needs region US; here it is DE"),
        (("channel", "is", "partner"), {}, "needs channel partner; here it is none"),
        (("date", "at_most", "2026-11-23"), {}, "needs date 23 Nov 2026 or earlier; here it is 24"),
        (("charge_kind", "is", "usage"), {}, "needs kind of charge usage; here it is recurring"),
        (("quote_kind", "is", "renewal"), {}, "needs kind of quote renewal; here it is new"),
    ],
)
def test_what_does_not_apply_says_why(when, deal, words):
    assert why_not(line(quantity=6), rule(when=[when], currency="EUR"), **deal)[0].startswith(words)


def test_one_of_several_conditions_may_be_enough():
    either = [("segment", "is", "public"), ("region", "is", "US")]
    assert net(line(), rule(when=either, match_any=True), region="US-CA") == Decimal(90)
    assert why_not(line(), rule(when=either, match_any=True), region="DE") == [
        "needs customer segment public; here it is none, or needs region US; here it is DE"
    ]


BREAKS = (Break(Decimal(10), Decimal(5)), Break(Decimal(50), Decimal(12)))


def test_a_break_is_reached_across_lines_and_says_how_far_the_next_one_is():
    across = rule(0, effect=Effect.BREAKS, breaks=BREAKS, is_across=True)
    both = [line(quantity=6), line(quantity=4, product_id=2), line(quantity=99, is_counted=False)]
    (first, second, _), _ = price_quote(both, TERMS, rules(across))
    assert (first.net_per_period.amount, second.net_per_period.amount) == (570, 380)
    assert [words for _, words in first.waterfall.plan.hints] == [
        "buy 40 more to save 12 %, on any line that counts for it"
    ]
    (alone,), _ = price_quote(both[:1], TERMS, rules(replace(across, is_across=False)))
    verdict = alone.waterfall.plan.verdicts[0]
    assert verdict.words == "needs 10 or more; this line has 6"
    assert verdict.hint == "buy 4 more to save 5 %"


def test_segments_of_a_ramp_do_not_add_up_to_a_break():
    across = rule(0, effect=Effect.BREAKS, breaks=BREAKS, is_across=True)
    ramp = [
        line(quantity=6, ends_on=date(2027, 7, 1)),
        line(quantity=9, starts_on=date(2027, 7, 1)),
    ]
    prices, _ = price_quote(ramp, TERMS, rules(across))
    assert [price.net_per_period.amount for price in prices] == [600, 900]


@given(
    st.lists(st.booleans(), min_size=5, max_size=5), st.lists(st.booleans(), min_size=5, max_size=5)
)
def test_counted_otherwise_all_costs_what_it_costs_priced_anew(before, after):
    across = rule(0, effect=Effect.BREAKS, breaks=BREAKS, is_across=True)
    percent = {"charge_model": ChargeModel.PERCENT_OF, "list_unit_price": Decimal(20)}
    kinds = (
        {"quantity": Decimal(6)},
        {"quantity": Decimal(4)},
        {"quantity": Decimal(9)},
        percent,
        {},
    )
    lines = [line(**kind, is_counted=counts) for kind, counts in zip(kinds, before, strict=True)]
    anew = [replace(one, is_counted=counts) for one, counts in zip(lines, after, strict=True)]
    for given_rules in ((across,), (rule(),), ()):
        pricing = Pricing(lines, TERMS, rules(*given_rules))
        assert pricing.counting(after) == price_quote(anew, TERMS, rules(*given_rules))
        assert (pricing.priced, pricing.totals) == price_quote(lines, TERMS, rules(*given_rules))


def test_breaks_may_go_by_amount():
    by_amount = rule(
        0, effect=Effect.BREAKS, breaks=(Break(Decimal(1200), Decimal(10)),),
        measure=Measure.AMOUNT, currency="EUR",
    )  # fmt: skip
    assert net(line(), by_amount) == Decimal(90)
    assert why_not(line("99"), by_amount) == ["needs 1200 EUR or more; this line has 1188 EUR"]


@pytest.mark.parametrize(
    ("effect", "given", "left"),
    [
        (Effect.AMOUNT, {"currency": "EUR"}, "290"),
        (Effect.PRICE, {"currency": "EUR"}, "30"),
        (Effect.MARKUP, {}, "132.00"),
        (Effect.PERCENT, {"cap": Decimal(25), "currency": "EUR"}, "275"),
        (Effect.PERCENT, {"cap": Decimal(35), "currency": "EUR"}, "270"),
    ],
)
def test_every_kind_of_effect(effect, given, left):
    three = line(quantity=3, unit_cost=Decimal(40))
    assert net(three, rule(10, effect=effect, **given)) == Decimal(left)


def test_a_price_agreed_by_hand_is_not_ruled_over():
    agreed = line(agreed_unit_price=Decimal(80))
    assert net(agreed, rule(50, effect=Effect.PRICE, currency="EUR")) == Decimal(80)
    assert net(agreed, rule(50)) == Decimal(40)


def test_amounts_hold_in_their_currency_only():
    off = rule(5, effect=Effect.AMOUNT, currency="USD")
    assert why_not(line(), off) == ["its amounts are in USD; the quote is in EUR"]


def test_no_discount_goes_below_the_floor():
    low = line(quantity=2, floor_unit_price=Decimal(70), discount_percent=Decimal(20))
    price = priced(low, rule(25))
    assert price.net_per_period.amount == Decimal(140)
    assert (
        price.waterfall.steps[-1].words == "Discount 20 %: −10.00, kept at the floor of 140.00 EUR"
    )
    assert price.discount_percent == Decimal(30)


def test_a_margin_is_kept_or_stops_the_quote():
    thin = line(unit_cost=Decimal(80), discount_percent=Decimal(15))
    guard = rule(10, 9, effect=Effect.MARGIN)
    assert net(thin, guard) == Decimal("88.89")  # 80 / 0.9, rounded up
    price = priced(thin, replace(guard, blocks=True))
    assert price.net_per_period.amount == Decimal(85)
    assert price.waterfall.blocked == "“R9” wants a margin of 10 %; this line has 5.9 %"
    assert why_not(replace(thin, unit_cost=None), guard) == [
        "the cost of this line is not known in the quote's currency"
    ]


def test_usage_carries_percentages_and_unit_prices_to_every_invoice():
    used = line("2", charge_kind=ChargeKind.USAGE, in_advance=False, discount_percent=Decimal(10))
    price = priced(used, rule(20), rule("1.5", 2, effect=Effect.PRICE, currency="EUR"))
    assert (price.discount_percent, price.unit_price) == (Decimal(28), Decimal("1.5"))
    assert why_not(used, rule(1, effect=Effect.AMOUNT, currency="EUR")) == [
        "usage takes percentages and unit prices only"
    ]
    bands = replace(used, charge_model=ChargeModel.GRADUATED, tiers=(Tier(None, Decimal(2)),))
    assert priced(bands, rule(20)).discount_percent == Decimal(28)


def test_usage_costs_so_much_above_a_cost_of_less_than_a_cent():
    used = line("0.01", charge_kind=ChargeKind.USAGE, in_advance=False, unit_cost=Decimal("0.004"))
    assert priced(used, rule(50, effect=Effect.MARKUP)).unit_price == Decimal("0.006")


def test_a_coupon_opens_its_rule_until_it_is_used_up():
    spring = rule(10, coupon="SPRING")
    assert net(line(), spring, coupon="spring") == Decimal(90)
    assert why_not(line(), spring) == ["needs the coupon SPRING"]
    assert why_not(line(), spring, coupon="SPRING", spent={1: "was used 5 times of 5"}) == [
        "was used 5 times of 5"
    ]


def test_every_rule_is_evaluated_for_every_line_of_a_long_quote():
    found = [rule(1, n, when=[("quantity", "at_least", "2")]) for n in range(1, 41)]
    prices, _ = price_quote([line()] * 300, TERMS, rules(*found))
    assert {len(price.waterfall.plan.verdicts) for price in prices} == {40}


@pytest.mark.parametrize(
    ("towards", "left"), [(Towards.NEAREST, "100"), (Towards.UP, "120"), (Towards.DOWN, "100")]
)
def test_a_price_is_rounded_after_all_else_of_its_stage(towards, left):
    nearest = rule(10, 1, effect=Effect.ROUND, towards=towards, currency="EUR")
    assert net(line("54.50", quantity=2), nearest, rule(1, 2)) == Decimal(left)


def test_what_is_free_for_others_says_how_many_more_it_takes():
    gift = rule(1, effect=Effect.FREE, per_units=Decimal(4), bought=("BOX",), when=SEATS)
    verdicts = priced_beside(gift, boxes=3)
    assert [(v.words, v.hint) for v in verdicts] == [
        ("needs 4 of BOX; the quote has 3", "buy 1 more of BOX to get 1 free")
    ]
    alone = rule(1, effect=Effect.FREE, per_units=Decimal(2))
    price = priced(line(quantity=2), alone)
    assert price.waterfall.plan.verdicts[0].hint == "take 1 more to get 1 free"


SEATS = [("product", "is", "SEAT")]


def priced_beside(gift, *, boxes):
    lines = [line(quantity=3), line(quantity=boxes, product_id=2)]
    return price_quote(lines, TERMS, rules(gift))[0][0].waterfall.plan.verdicts


def test_a_customer_may_have_a_rule_of_their_own():
    own = rule(10, when=[("customer", "is", "c-000042")])
    assert net(line(), own, customer="C-000042") == Decimal(90)
    assert why_not(line(), own, customer="C-000001") == [
        "needs customer C-000042; here it is C-000001"
    ]


def test_what_a_rule_puts_on_is_no_discount():
    price = priced(line(), rule(20, effect=Effect.UPLIFT))
    assert (price.net_per_period.amount, price.discount_percent) == (120, -20)
    assert price.waterfall.steps[0].words == "R1 + 20 %: +20.00"


some_rules = st.lists(
    st.builds(
        lambda effect, value, combination, stage, priority: (
            effect, value, combination, stage, priority,
        ),
        st.sampled_from(
            [effect for effect in Effect if effect not in (Effect.BREAKS, Effect.MARGIN)]
        ),
        st.decimals(1, 100, places=2),
        st.sampled_from(list(Combination)),
        st.integers(1, 70),
        st.integers(0, 2),
    ),
    max_size=6,
)  # fmt: skip


@given(
    st.sampled_from(["JPY", "EUR", "KWD"]), some_rules,
    st.lists(st.tuples(st.integers(0, 9), st.decimals(0, 999, places=3)), min_size=1, max_size=5),
    st.decimals(0, 100, places=2), st.randoms(),
)  # fmt: skip
def test_prices_are_never_negative_add_up_and_do_not_depend_on_order(
    currency, drawn, sold, discount, dice
):
    found = [
        rule(value, number, effect=effect, combination=combination, stage=stage,
             priority=priority, currency=currency, per_units=Decimal(2))
        for number, (effect, value, combination, stage, priority) in enumerate(drawn, start=1)
    ]  # fmt: skip
    lines = [line(price, quantity, discount_percent=discount) for quantity, price in sold]
    terms = replace(TERMS, currency=currency, discount_percent=Decimal(5))
    prices, totals = price_quote(lines, terms, rules(*found, currency=currency))
    assert all(price.net_per_period.amount >= 0 for price in prices)
    assert totals.contract.amount == sum(price.contract_total.amount for price in prices)
    for price in prices:
        assert price.net_per_period.amount == round(
            price.net_per_period.amount, minor_digits(currency)
        )
        for step in price.waterfall.steps:
            assert step.before - step.off == step.after
    places = list(range(len(lines)))
    dice.shuffle(places)
    dice.shuffle(found)
    again, same = price_quote([lines[i] for i in places], terms, rules(*found, currency=currency))
    assert same == totals
    assert [p.net_per_period for p in again] == [prices[i].net_per_period for i in places]
