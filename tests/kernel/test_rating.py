from decimal import Decimal

import pytest

from q2c.kernel.errors import Refused
from q2c.kernel.rating import ChargeModel, Tier, check_tiers, rate

# Stripe's published tiers (W7): 1 to 5 at 7, 6 to 10 at 6.50, 11 and more at 6.
TIERS = [
    Tier(Decimal(5), Decimal(7)),
    Tier(Decimal(10), Decimal("6.5")),
    Tier(None, Decimal(6)),
]


def priced(model: ChargeModel, quantity: str, tiers=TIERS) -> Decimal:
    return rate(model, Decimal(quantity), unit_price=Decimal(9), tiers=tiers).amount


@pytest.mark.parametrize(
    ("quantity", "amount"),
    [("0", "0"), ("1", "7"), ("5", "35"), ("6", "39"), ("20", "120"), ("25", "150")],
)
def test_volume_prices_all_units_at_the_band_reached(quantity, amount):
    assert priced(ChargeModel.VOLUME, quantity) == Decimal(amount)


@pytest.mark.parametrize(
    ("quantity", "amount"),
    [("0", "0"), ("5", "35"), ("6", "41.5"), ("20", "127.5"), ("25", "157.5")],
)
def test_graduated_prices_each_band_at_its_own_price(quantity, amount):
    assert priced(ChargeModel.GRADUATED, quantity) == Decimal(amount)


def test_the_first_units_at_half_price_leave_the_rest_at_list():
    tiers = [Tier(Decimal(5), Decimal(50)), Tier(None, Decimal(100))]
    assert priced(ChargeModel.GRADUATED, "8", tiers) == 550


def test_flat_does_not_grow_with_quantity():
    assert priced(ChargeModel.FLAT, "7") == priced(ChargeModel.FLAT, "1") == 9
    assert priced(ChargeModel.FLAT, "0") == 0


@pytest.mark.parametrize(
    "tiers",
    [
        [],
        [Tier(Decimal(5), Decimal(1))],
        [Tier(Decimal(5), Decimal(1)), Tier(Decimal(5), Decimal(1)), Tier(None, Decimal(1))],
        [Tier(None, Decimal(1)), Tier(None, Decimal(1))],
    ],
)
def test_tiers_with_gaps_or_overlaps_are_refused(tiers):
    with pytest.raises(Refused, match="tier"):
        check_tiers(tiers)


def test_a_negative_quantity_is_refused():
    with pytest.raises(Refused, match="cannot be negative"):
        priced(ChargeModel.PER_UNIT, "-1")
