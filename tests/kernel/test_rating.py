"""What a quantity costs under each charge model: exact values on both sides of every bound."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from q2c.kernel.bands import Range, bands_from_ranges, in_words, read_tiers
from q2c.kernel.drawdown import Grant, draw_down
from q2c.kernel.errors import Refused
from q2c.kernel.rating import ChargeModel, Tier, check_tiers, for_part, percentage, rate


def tier(up_to, unit_price="0", flat_fee="0") -> Tier:
    bound = None if up_to is None else Decimal(up_to)
    return Tier(bound, Decimal(unit_price), Decimal(flat_fee))


# Stripe's published tiers (W7): 1 to 5 at 7, 6 to 10 at 6.50, 11 and more at 6.
TIERS = [tier(5, "7"), tier(10, "6.5"), tier(None, "6")]
STEPS = [tier(10, flat_fee="50"), tier(100, flat_fee="300"), tier(None, "2", "300")]
PACKAGES = [tier(100), tier(50, flat_fee="5")]  # 100 free, then each 50 begun at 5
COMMITTED = [tier(1000, flat_fee="500"), tier(2000, "0.40"), tier(None, "0.30")]


def priced(model: ChargeModel, quantity: str, tiers=TIERS) -> Decimal:
    return rate(model, Decimal(quantity), unit_price=Decimal(9), tiers=tiers).amount


@pytest.mark.parametrize(
    ("quantity", "amount"),
    [
        ("0", "0"), ("1", "7"), ("4", "28"), ("5", "35"), ("6", "39"), ("9", "58.5"), ("10", "65"),
        ("11", "66"), ("20", "120"), ("25", "150"),
    ],
)  # fmt: skip
def test_volume_prices_all_units_at_the_band_reached(quantity, amount):
    assert priced(ChargeModel.VOLUME, quantity) == Decimal(amount)


@pytest.mark.parametrize(
    ("quantity", "amount"),
    [
        ("0", "0"), ("4", "28"), ("5", "35"), ("6", "41.5"), ("9", "61"), ("10", "67.5"),
        ("11", "73.5"), ("20", "127.5"), ("25", "157.5"),
    ],
)  # fmt: skip
def test_graduated_prices_each_band_at_its_own_price(quantity, amount):
    assert priced(ChargeModel.GRADUATED, quantity) == Decimal(amount)


def test_the_first_units_at_half_price_leave_the_rest_at_list():
    assert priced(ChargeModel.GRADUATED, "8", [tier(5, "50"), tier(None, "100")]) == 550


def test_flat_does_not_grow_with_quantity():
    assert priced(ChargeModel.FLAT, "7") == priced(ChargeModel.FLAT, "1") == 9
    assert priced(ChargeModel.FLAT, "0") == 0


@pytest.mark.parametrize(
    ("quantity", "amount"),
    [("0", "0"), ("1", "50"), ("9", "50"), ("10", "50"), ("11", "300"), ("100", "300"), ("101", "302")],
)  # fmt: skip
def test_stairstep_costs_the_fee_of_the_band_reached_and_above_the_last_a_price_per_unit(
    quantity, amount
):
    assert priced(ChargeModel.STAIRSTEP, quantity, STEPS) == Decimal(amount)


@pytest.mark.parametrize(
    ("quantity", "amount"),
    [("0", "0"), ("99", "0"), ("100", "0"), ("100.5", "5"), ("101", "5"), ("150", "5"), ("151", "10")],
)  # fmt: skip
def test_every_package_begun_counts_whole_after_the_free_units(quantity, amount):
    assert priced(ChargeModel.PACKAGE, quantity, PACKAGES) == Decimal(amount)


@pytest.mark.parametrize(
    ("quantity", "left_over", "amount"),
    [("4", "0", "0"), ("5", "0", "10"), ("7", "0", "10"), ("10", "0", "20"), ("7", "2.5", "15")],
)
def test_only_full_packages_count_when_what_is_left_over_has_its_price(quantity, left_over, amount):
    # Stripe, “Quantity transformation”: 10 dollars for every 5 users, rounded down.
    fives = [tier(5, flat_fee="10"), tier(None, left_over)]
    assert priced(ChargeModel.PACKAGE, quantity, fives) == Decimal(amount)


IN_PACKAGES = [Tier(Decimal(10_000), Decimal(1), per=Decimal(1000)), tier(None, "0.5", "2")]


@pytest.mark.parametrize(
    ("model", "quantity", "amount", "trace"),
    [
        # Flexprice, “Package size in a tier”: 4,500 calls at 1.00 a thousand begun.
        (ChargeModel.VOLUME, 4500, "5", ("5 packages of 1000 × 1",)),
        (ChargeModel.GRADUATED, 1, "1", ("1 package of 1000 × 1",)),
        (ChargeModel.GRADUATED, 10_004, "14", ("10 packages of 1000 × 1", "4 × 0.5 + 2")),
    ],
)
def test_a_band_may_sell_its_units_in_packages(model, quantity, amount, trace):
    found = rate(model, Decimal(quantity), unit_price=Decimal(0), tiers=IN_PACKAGES)
    assert (found.amount, found.trace) == (Decimal(amount), trace)


@pytest.mark.parametrize("model", [ChargeModel.COMMITMENT, ChargeModel.CREDITS])
@pytest.mark.parametrize(
    ("quantity", "amount"),
    [
        ("0", "500"), ("1", "500"), ("999", "500"), ("1000", "500"), ("1001", "500.4"),
        ("2000", "900"), ("2001", "900.3"),
    ],
)  # fmt: skip
def test_a_commitment_is_due_without_use_and_covers_its_quantity(model, quantity, amount):
    assert priced(model, quantity, COMMITTED) == Decimal(amount)


def test_half_a_period_has_half_the_commitment():
    half = for_part(COMMITTED, fee=Decimal(250), days=15, of=30)
    assert half == [tier(500, flat_fee="250"), tier(1500, "0.40"), tier(None, "0.30")]


@pytest.mark.parametrize(
    ("base", "limits", "amount"),
    [
        ("1000", {}, "200"),
        ("100", {"minimum": Decimal(50)}, "50"),
        ("1000", {"maximum": Decimal(150)}, "150"),
        ("-10", {}, "0"),
    ],
)
def test_a_percentage_keeps_within_its_limits(base, limits, amount):
    assert percentage(Decimal(base), Decimal(20), **limits).amount == Decimal(amount)


@pytest.mark.parametrize(
    ("model", "quantity", "tiers", "trace"),
    [
        (ChargeModel.FLAT, 3, [], ("flat 9",)),
        (ChargeModel.PER_UNIT, 3, [], ("3 × 9",)),
        (ChargeModel.GRADUATED, 6, TIERS, ("5 × 7", "1 × 6.5")),
        (ChargeModel.VOLUME, 6, TIERS, ("6 × 6.5",)),
        (ChargeModel.STAIRSTEP, 110, STEPS, ("above 100: 300", "10 × 2")),
        (ChargeModel.PACKAGE, 151, PACKAGES, ("100 free", "2 packages of 50 × 5")),
        (
            ChargeModel.PACKAGE,
            7,
            [tier(5, flat_fee="10"), tier(None, "3")],
            ("1 package of 5 × 10", "2 × 3"),
        ),
        (ChargeModel.COMMITMENT, 1001, COMMITTED, ("1000 of 1000 committed: 500", "1 × 0.4")),
        (ChargeModel.CREDITS, 30, COMMITTED, ("30 of 1000 credits: 500",)),
    ],
)
def test_a_price_says_how_it_came_about(model, quantity, tiers, trace):
    assert rate(model, Decimal(quantity), unit_price=Decimal(9), tiers=tiers).trace == trace


@pytest.mark.parametrize(
    ("model", "tiers", "words"),
    [
        (ChargeModel.VOLUME, [], "at least one tier"),
        (ChargeModel.VOLUME, [tier(5, "1")], "Nothing says what more than 5 costs: the last tier"),
        (
            ChargeModel.GRADUATED,
            [tier(10, "1"), tier(5, "1"), tier(None, "1")],
            "The tier up to 5 must end above the tier up to 10",
        ),
        (ChargeModel.GRADUATED, [tier(None, "1"), tier(None, "1")], "Only the last tier"),
        (ChargeModel.GRADUATED, [tier(5, "1"), tier(None, "-1")], "The tier above 5 has a negative"),
        (ChargeModel.GRADUATED, [tier(0, "1"), tier(None, "1")], "The tier up to 0 must end above 0"),
        (ChargeModel.STAIRSTEP, [tier(5, "1"), tier(None)], "the tier up to 5 has 1 a unit"),
        (ChargeModel.PACKAGE, [tier(None, flat_fee="5")], "how many units"),
        (ChargeModel.PACKAGE, [tier(10), tier(5), tier(5)], "one tier, or two"),
        (ChargeModel.PACKAGE, [tier(5), tier(None, flat_fee="1")], "have no fee"),
        (ChargeModel.PACKAGE, [tier(10, flat_fee="1"), tier(5)], "free units has a fee"),
        (ChargeModel.VOLUME, [Tier(None, Decimal(1), per=Decimal(0))], "per more than 0 units"),
        (ChargeModel.STAIRSTEP, [Tier(None, Decimal(1), per=Decimal(9))], "has a price per unit"),
        (ChargeModel.COMMITMENT, [tier(None, flat_fee="5")], "which quantity its fee covers"),
        (ChargeModel.CREDITS, [tier(10, "1"), tier(None)], "the tier up to 10 has 1 a unit"),
        (ChargeModel.CREDITS, [tier(10)], "Nothing says what more than 10 costs"),
    ],
)  # fmt: skip
def test_tiers_a_model_cannot_read_are_refused_by_name(model, tiers, words):
    with pytest.raises(Refused, match=words):
        check_tiers(model, tiers)


def test_a_negative_quantity_is_refused():
    with pytest.raises(Refused, match="cannot be negative"):
        priced(ChargeModel.PER_UNIT, "-1")


def test_a_percentage_is_not_rated_by_quantity():
    with pytest.raises(Refused, match="from the other lines"):
        priced(ChargeModel.PERCENT_OF, "1")


def row(start, end, price="1") -> Range:
    return Range(Decimal(start), None if end is None else Decimal(end), Decimal(price))


def test_rows_from_and_to_make_tiers_in_any_order():
    whole = bands_from_ranges([row("11", None, "6"), row("1", "5", "7"), row("6", "10", "6.5")])
    assert whole == TIERS
    parts = bands_from_ranges([row("0", "2.5"), row("2.6", None)])
    assert [band.up_to for band in parts] == [Decimal("2.5"), None]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([row(1, 25), row(20, None)], "rows 1–25 and 20 and more overlap at 20"),
        ([row(1, 25), row(25, None)], "overlap at 25"),
        ([row(1, None), row(5, None)], "overlap at 5"),
        ([row(1, 25), row(30, None)], "gap between the rows 1–25 and 30 and more: .* what 26 costs"),
        ([row(5, None)], "Nothing says what less than 5"),
        ([row(5, 1)], "ends before it starts"),
    ],
)  # fmt: skip
def test_overlaps_and_gaps_between_rows_are_refused_by_naming_both(rows, words):
    with pytest.raises(Refused, match=words):
        bands_from_ranges(rows)


@pytest.mark.parametrize(
    ("model", "tiers", "words"),
    [
        (ChargeModel.VOLUME, TIERS[1:], ["up to 10: 6.5 each", "above 10: 6 each"]),
        (ChargeModel.GRADUATED, [tier(None, "6", "2")], ["any quantity: 6 each + 2"]),
        (
            ChargeModel.VOLUME,
            IN_PACKAGES,
            ["up to 10000: each 1000 begun: 1", "above 10000: 0.5 each + 2"],
        ),
        (ChargeModel.STAIRSTEP, STEPS[1:], ["up to 100: 300 in all", "above 100: 300 + 2 each"]),
        (ChargeModel.PACKAGE, PACKAGES, ["first 100: free", "each 50 begun: 5"]),
        (
            ChargeModel.PACKAGE,
            [tier(5, flat_fee="10"), tier(None)],
            ["each full 5: 10", "what is left over: free"],
        ),
        (
            ChargeModel.PACKAGE,
            [tier(5, flat_fee="10"), tier(None, "3")],
            ["each full 5: 10", "what is left over: 3 each"],
        ),
        (
            ChargeModel.COMMITMENT,
            [COMMITTED[0], COMMITTED[2]],
            ["up to 1000: 500, used or not", "above 1000: 0.3 each"],
        ),
        (ChargeModel.CREDITS, [tier(10), tier(None, "2")], ["up to 10: included", "above 10: 2 each"]),
    ],
)  # fmt: skip
def test_tiers_are_said_in_words(model, tiers, words):
    assert in_words(model, tiers) == words


JUNE = date(2027, 6, 1)


def test_the_credits_that_expire_first_are_used_first():
    grants = [Grant(Decimal(50)), Grant(Decimal(30), date(2027, 7, 1)), Grant(Decimal(20), JUNE)]
    used = draw_down(grants, Decimal(60), on=JUNE)  # the last one expires that day
    assert used.drawn == (30, 30, 0)
    assert used.left == (20, 0, 0)
    assert used.overage == 0
    assert draw_down(grants, Decimal(90), on=JUNE).overage == 10
    assert draw_down(grants, Decimal(90), on=date(2027, 5, 31)).overage == 0


def test_negative_credits_are_refused():
    with pytest.raises(Refused, match="cannot be negative"):
        draw_down([Grant(Decimal(-1))], Decimal(1), on=JUNE)


prices = st.decimals(0, 100, places=4)
quantities = st.decimals(0, 500, places=2)


@st.composite
def bands(draw, *, fees=True):
    bounds = sorted(draw(st.sets(st.integers(1, 300), max_size=5)))
    fee = prices if fees else st.just(Decimal(0))
    return [Tier(bound and Decimal(bound), draw(prices), draw(fee)) for bound in (*bounds, None)]


@given(bands(), quantities)
def test_no_tiers_price_below_nothing(tiers, quantity):
    for model in (ChargeModel.GRADUATED, ChargeModel.VOLUME):
        assert rate(model, quantity, unit_price=Decimal(0), tiers=tiers).amount >= 0


@given(bands(), quantities, quantities)
def test_more_of_a_graduated_price_never_costs_less(tiers, one, other):
    less, more = (
        rate(ChargeModel.GRADUATED, quantity, unit_price=Decimal(0), tiers=tiers).amount
        for quantity in sorted([one, other])
    )
    assert less <= more


@given(bands(fees=False), st.integers(1, 200), prices, quantities)
def test_a_commitment_is_its_fee_and_the_graduated_price_of_what_lies_above(
    above, covered, fee, quantity
):
    shifted = [
        Tier(band.up_to and band.up_to + covered, band.unit_price, band.flat_fee) for band in above
    ]
    whole = priced(ChargeModel.COMMITMENT, str(quantity), [tier(covered, flat_fee=fee), *shifted])
    rest = max(quantity - covered, Decimal(0))
    assert whole == fee + priced(ChargeModel.GRADUATED, str(rest), above)


@given(st.lists(st.tuples(quantities, st.dates()), max_size=6), quantities, st.randoms())
def test_credits_lose_nothing_whatever_the_order_of_grants(rows, usage, random):
    grants = [Grant(*row) for row in rows]
    used = draw_down(grants, usage, on=JUNE)
    assert sum(used.drawn) + used.overage == usage
    random.shuffle(grants)
    assert draw_down(grants, usage, on=JUNE).overage == used.overage


def test_tiers_are_read_as_documents_store_them():
    rows = [
        {"up_to": "10", "unit_price": "7", "flat_fee": "0", "per": "5"},
        {"up_to": None, "unit_price": None},
    ]
    assert read_tiers(rows) == [Tier(Decimal(10), Decimal(7), per=Decimal(5)), tier(None)]
    with pytest.raises(Refused, match="“ten” where a number belongs"):
        read_tiers([{"up_to": "ten", "unit_price": "7"}])
