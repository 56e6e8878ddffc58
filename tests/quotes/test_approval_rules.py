"""Approval policies over frozen values: what they measure, whom they ask, what would avoid it."""

from decimal import Decimal

import pytest

from q2c.kernel.errors import Refused
from quotes.rules.approval import (
    Condition,
    Configuration,
    Envelope,
    LineFacts,
    Measure,
    Operator,
    Policy,
    QuoteFacts,
    Step,
    covers,
    needed,
    outside,
    read,
)
from quotes.rules.approval.grants import stored
from quotes.rules.changes import Change, changes_between
from quotes.rules.content import canonical

M, Op = Measure, Operator
ROUTER = LineFacts("Router", 7, Decimal(2), Decimal(18), Decimal(18), category="hardware")
SEATS = LineFacts("Seats", 8, Decimal(10), Decimal(10), Decimal(10), category="seats")
FACTS = QuoteFacts(
    currency="EUR",
    lines=(ROUTER, SEATS),
    contract_total=Decimal(880),
    monthly_total=Decimal(70),
    list_total=Decimal(1000),
    cost_total=Decimal(704),
    term_months=36,
    payment_terms_days=60,
    own_text="Net 90 from acceptance.",
    ramp="Seats from 2027",
    free_months=3,
    segment="Public sector",
)


def condition(measure, operator, limit=None, **more):
    return Condition(measure, operator, None if limit is None else Decimal(limit), **more)


@pytest.mark.parametrize(
    ("asked", "words", "avoid"),
    [
        (
            condition(M.LINE_DISCOUNT, Op.ABOVE, 15),
            "Discount of 18 % on “Router” exceeds 15 %",
            "a discount of at most 15 % on “Router”",
        ),
        (
            condition(M.QUOTE_DISCOUNT, Op.AT_LEAST, 12),
            "Discount of 12 % on the whole quote reaches 12 %",
            "a contract total of at least 880.10 EUR",
        ),
        (
            condition(M.MARGIN, Op.BELOW, 25),
            "Margin of 20 % is below 25 %",
            "a contract total of at least 938.67 EUR",
        ),
        (
            condition(M.TERM, Op.ABOVE, 24),
            "A term of 36 months exceeds 24 months",
            "a term of at most 24 months",
        ),
        (
            condition(M.PAYMENT_TERMS, Op.AT_LEAST, 60),
            "A payment term of 60 days reaches 60 days",
            "a payment term of less than 60 days",
        ),
        (
            condition(M.CONTRACT_TOTAL, Op.ABOVE, 800, currency="EUR"),
            "Contract total of 880.00 EUR exceeds 800.00 EUR",
            "a contract total of at most 800.00 EUR",
        ),
        (
            condition(M.PRODUCT, Op.CONTAINS, product_id=7),
            "The quote holds “Router”",
            "a quote without “Router”",
        ),
        (
            condition(M.CATEGORY, Op.CONTAINS, text="Hardware"),
            "The quote holds products of the category “Hardware”",
            "a quote without products of the category “Hardware”",
        ),
        (condition(M.OWN_TEXT, Op.IS), "Text of its own", "no text of its own"),
        (
            condition(M.OWN_TEXT, Op.CONTAINS, text="net 90"),
            "Its text says “net 90”",
            "other words in its text",
        ),
        (condition(M.RAMP, Op.IS), "A ramp over the term", "one price over the term"),
        (
            condition(M.FREE_MONTHS, Op.ABOVE, 2),
            "A free time of 3 months exceeds 2 months",
            "a free time of at most 2 months",
        ),
        (
            condition(M.SEGMENT, Op.IS, text="public sector"),
            "Customer segment “public sector”",
            "",
        ),
    ],
)
def test_each_measure_says_what_it_found_and_what_would_avoid_it(asked, words, avoid):
    asked.check()
    reading = read(asked, FACTS)
    assert (reading.is_met, reading.words, reading.avoid) == (True, words, avoid)


@pytest.mark.parametrize(
    "asked",
    [
        condition(M.LINE_DISCOUNT, Op.ABOVE, 18),
        condition(M.MARGIN, Op.BELOW, 20),
        condition(M.CONTRACT_TOTAL, Op.ABOVE, 1, currency="USD"),
        condition(M.PRODUCT, Op.CONTAINS, product_id=9),
        condition(M.SEGMENT, Op.IS, text="public"),
    ],
)
def test_a_limit_itself_is_allowed_and_others_do_not_count(asked):
    assert not read(asked, FACTS).is_met


def test_the_discount_that_avoids_it_leaves_room_for_the_quotes_own():
    line = LineFacts("Router", 7, Decimal(1), Decimal("27.1"), Decimal(19))  # 19 %, then 10 %
    facts = QuoteFacts(currency="EUR", lines=(line,), header_percent=Decimal(10))
    reading = read(condition(M.LINE_DISCOUNT, Op.ABOVE, 15), facts)
    assert reading.avoid == "a discount of at most 5.55 % on “Router”"  # 5.55 % and 10 %: 14.995 %
    deep = QuoteFacts(currency="EUR", lines=(line,), header_percent=Decimal(20))
    reading = read(condition(M.LINE_DISCOUNT, Op.ABOVE, 15), deep)
    assert reading.avoid == "a discount of at most 15 % on the whole, and none beside it"


def test_an_unknown_cost_asks_whoever_guards_the_margin():
    reading = read(condition(M.MARGIN, Op.BELOW, 20), QuoteFacts(currency="EUR", cost_total=None))
    assert reading.is_met
    assert reading.words == "The margin is not known: a product has no cost in this currency"
    nothing = QuoteFacts(currency="EUR")  # no price, so no margin to judge
    assert not read(condition(M.MARGIN, Op.BELOW, 20), nothing).is_met


LONG = condition(M.TERM, Op.ABOVE, 24)
DEEP = condition(M.LINE_DISCOUNT, Op.ABOVE, 15)
LATE = condition(M.PAYMENT_TERMS, Op.ABOVE, 60)
CHAIN = (Step(2, "role:finance_manager"), Step(1, "manager:1"))


def test_all_conditions_or_any_of_them():
    assert needed([Policy(1, "Both", (DEEP, LATE), CHAIN)], FACTS) == []
    found = needed([Policy(1, "Either", (DEEP, LATE), CHAIN, needs_all=False)], FACTS)
    assert [(need.step.asks, need.reason) for need in found] == [
        ("manager:1", "Discount of 18 % on “Router” exceeds 15 %"),
        ("role:finance_manager", "Discount of 18 % on “Router” exceeds 15 %"),
    ]


def test_where_price_rules_alone_take_too_much_no_discount_of_ones_own_avoids_it():
    facts = QuoteFacts("EUR", (LineFacts("Router", 7, Decimal(1), Decimal(28), Decimal(10)),))
    asked = Condition(Measure.LINE_DISCOUNT, Operator.ABOVE, Decimal(15))
    assert read(asked, facts).avoid == (
        "a price at most 15 % below list for “Router”, which price rules alone go below"
    )  # 28 % with the line's own 10 % leaves 20 % to the rules


def test_bounds_are_said_one_by_one():
    assert ENVELOPE.in_words({3: "Handsets"}) == [
        "a margin of at least 15 %",
        "a discount of at most 20 %",
        "a term of at least 12 months",
        "a term of at most 36 months",
        "5 to 10 of “Handsets”",
    ]


def test_of_all_conditions_one_is_enough_to_avoid_of_any_it_takes_each():
    [need, _] = needed([Policy(1, "Both", (DEEP, LONG), CHAIN)], FACTS)
    assert need.avoid == "a discount of at most 15 % on “Router”, or a term of at most 24 months"
    [need, _] = needed([Policy(1, "Any", (DEEP, LONG), CHAIN, needs_all=False)], FACTS)
    assert need.avoid == "a discount of at most 15 % on “Router” and a term of at most 24 months"
    public = condition(M.SEGMENT, Op.IS, text="Public sector")
    [need, _] = needed([Policy(1, "Any", (DEEP, public), CHAIN, needs_all=False)], FACTS)
    assert need.avoid == ""


def test_options_not_chosen_count_only_where_the_policy_says_so():
    plain = QuoteFacts(currency="EUR", lines=(SEATS,))
    policy = Policy(1, "Deep", (DEEP,), CHAIN[:1])
    assert needed([policy], plain, with_options=FACTS) == []
    counting = Policy(1, "Deep", (DEEP,), CHAIN[:1], counts_options=True)
    assert len(needed([counting], plain, with_options=FACTS)) == 1


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (condition(M.LINE_DISCOUNT, Op.ABOVE, 101), "between 0 and 100 per cent"),
        (condition(M.CONTRACT_TOTAL, Op.ABOVE, 10), "in which currency"),
        (condition(M.TERM, Op.ABOVE, "1.5"), "whole number from 0 to 120"),
        (condition(M.SEGMENT, Op.ABOVE, text="x"), "compared with “is”"),
        (condition(M.MARGIN, Op.BELOW), "Give the limit as a number"),
        (condition(M.PRODUCT, Op.CONTAINS), "by its SKU"),
    ],
)
def test_a_condition_that_measures_nothing_is_refused_in_words(asked, words):
    with pytest.raises(Refused, match=words):
        asked.check()


def _granted(measure, operator, value, *, limit=15):
    line = LineFacts("Router", 7, Decimal(1), Decimal(value))
    facts = QuoteFacts(
        currency="EUR",
        lines=(line,),
        contract_total=Decimal(100),
        cost_total=Decimal(100) - Decimal(value),
    )
    return [stored(read(condition(measure, operator, limit), facts))]


def test_what_got_no_worse_is_covered_and_what_got_worse_is_not():
    granted = _granted(M.LINE_DISCOUNT, Op.ABOVE, 55)
    assert covers(granted, _granted(M.LINE_DISCOUNT, Op.ABOVE, 52))
    assert covers(granted, _granted(M.LINE_DISCOUNT, Op.ABOVE, 55))
    assert not covers(granted, _granted(M.LINE_DISCOUNT, Op.ABOVE, 60))
    thin = _granted(M.MARGIN, Op.BELOW, 10)
    assert covers(thin, _granted(M.MARGIN, Op.BELOW, 12))
    assert not covers(thin, _granted(M.MARGIN, Op.BELOW, 8))
    assert not covers(granted, thin)  # another measure was never granted


def test_other_words_are_asked_about_again():
    def text(words):
        facts = QuoteFacts(currency="EUR", own_text=words)
        return [stored(read(condition(M.OWN_TEXT, Op.IS), facts))]

    assert covers(text("Net 90"), text("Net 90"))
    assert not covers(text("Net 90"), text("Net 91"))


ENVELOPE = Envelope(
    margin_at_least=Decimal(15),
    discount_at_most=Decimal(20),
    term_from=12,
    term_to=36,
    quantities={3: (Decimal(5), Decimal(10))},
)


def test_a_configuration_inside_its_envelope_needs_nobody():
    for quantity in (0, 5, 10):  # an option left out has no least
        chosen = Configuration(FACTS, {3: ("Handsets", Decimal(quantity))})
        assert outside(ENVELOPE, chosen) == []


def test_each_bound_that_is_left_is_named():
    thin = QuoteFacts(
        currency="EUR",
        lines=(LineFacts("Router", 7, Decimal(1), Decimal("20.5")),),
        contract_total=Decimal(100),
        cost_total=Decimal(86),
        list_total=Decimal(120),
        term_months=48,
    )
    assert outside(ENVELOPE, Configuration(thin, {3: ("Handsets", Decimal(11))})) == [
        "Margin of 14 % is below 15 %",
        "Discount of 20.5 % exceeds 20 %",
        "A term of 48 months exceeds 36",
        "11 of “Handsets” lie outside 5 to 10",
    ]


def test_the_difference_of_two_contents_is_told_line_by_line():
    def line(name, product, **more):
        return {
            "position": 1, "description": name, "product_id": product, "quantity": "1",
            "list_unit_price": "10", "discount_percent": "0", **more,
        }  # fmt: skip

    def text(header, *lines):
        return canonical(header, lines, []).decode()

    before = text({"term_months": 12}, line("Router", 7, discount_percent="55"), line("Cable", 9))
    after = text(
        {"term_months": 24},
        line("Setup", 8, quantity="2"),
        line("Router", 7, discount_percent="52", position=2),
    )
    assert changes_between(before, after) == [
        Change("", "term_months", "12", "24"),
        Change("Router", "discount_percent", "55", "52"),
        Change("Setup", "line", "", "2 × 10"),
        Change("Cable", "line", "1 × 10", ""),
    ]
    assert changes_between(after, after) == []
    policies = [{"month_first": True, "anchor": "calendar"}, {"month_first": False}]
    whole, actual = (text({"proration": policy}) for policy in policies)
    assert changes_between(whole, actual) == [
        Change(
            "",
            "proration",
            "Whole months first, then actual days; On the 1st of the month",
            "Actual days of the billing period; On the day the term starts",
        )
    ]
    # What says nothing of months was sealed when days were the default.
    assert changes_between(text({"proration": {}}), actual) == []
