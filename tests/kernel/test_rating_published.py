"""Worked examples of tiers and packages that vendors publish."""

from decimal import Decimal

import pytest

from q2c.kernel.bands import Range, bands_from_ranges
from q2c.kernel.rating import ChargeModel, Tier, percentage, rate


def tiers(*rows):
    """Tiers as (up to, price of a unit, fee, units per price)."""
    return [
        Tier(None if up_to is None else Decimal(up_to), *map(Decimal, numbers))
        for up_to, *numbers in rows
    ]


CALLS = tiers((10_000, "0.0010", 10), (50_000, "0.0008", 10), (100_000, "0.0006", 10), (None, "0.0004", 10))  # fmt: skip
VOLUME = tiers((100, 2, 10), (200, 1), (None, "0.5", 50))
GRADUATED = tiers((10, 10, 2), (20, 5, 3), (None, 5, 3))
FRACTIONS = tiers(("0.1", 10), (1, 5), (None, 2))
SHARES = tiers((10, "0.01", 200), (20, "0.02", 300), (None, "0.03", 400))  # 1, 2 and 3 per cent
STORAGE = tiers((500, 0), (1000, "0.10"), (3000, "0.08"), (10_000, "0.06"), (None, "0.15"))
EXAMPLES = [
    # Lago, “Volume” (guide and specification).
    (ChargeModel.VOLUME, CALLS, 65_000, "49"),
    (ChargeModel.VOLUME, VOLUME, 1, "12"),
    (ChargeModel.VOLUME, VOLUME, 100, "210"),
    (ChargeModel.VOLUME, VOLUME, "100.5", "100.5"),
    (ChargeModel.VOLUME, VOLUME, 101, "101"),
    (ChargeModel.VOLUME, VOLUME, 210, "155"),
    (ChargeModel.VOLUME, VOLUME, 300, "200"),
    # Lago, “Graduated” (specification).
    (ChargeModel.GRADUATED, GRADUATED, 1, "12"),
    (ChargeModel.GRADUATED, GRADUATED, 10, "102"),
    (ChargeModel.GRADUATED, GRADUATED, 11, "110"),
    (ChargeModel.GRADUATED, GRADUATED, 12, "115"),
    (ChargeModel.GRADUATED, GRADUATED, 21, "163"),
    (ChargeModel.GRADUATED, FRACTIONS, "0.05", "0.5"),
    (ChargeModel.GRADUATED, FRACTIONS, "0.5", "3"),
    # Lago, “Graduated percentage” (specification): the quantity is an amount.
    # The fee of the first band is due without use, too (Lago since #5760, Stripe, OpenMeter).
    (ChargeModel.GRADUATED, SHARES, 0, "200"),
    (ChargeModel.GRADUATED, GRADUATED, 0, "2"),
    (ChargeModel.VOLUME, VOLUME, 0, "10"),
    (ChargeModel.GRADUATED, STORAGE, 0, "0"),
    (ChargeModel.GRADUATED, SHARES, 1, "200.01"),
    (ChargeModel.GRADUATED, SHARES, 10, "200.1"),
    (ChargeModel.GRADUATED, SHARES, 11, "500.12"),
    (ChargeModel.GRADUATED, SHARES, 21, "900.33"),
    # Lago, “Package”: 5 for every 100 after 100 free ones.
    (ChargeModel.PACKAGE, tiers((100, 0), (100, 0, 5)), 201, "10"),
    # Stripe, “Transform quantities”: 10 for every 5 users or hour begun.
    (ChargeModel.PACKAGE, tiers((5, 0, 10)), 5, "10"),
    (ChargeModel.PACKAGE, tiers((5, 0, 10)), 6, "20"),
    (ChargeModel.PACKAGE, tiers((60, 0, 10)), 150, "30"),
    # Chargebee, “Package pricing”: 1.25 for every million tokens begun.
    (ChargeModel.PACKAGE, tiers((1_000_000, 0, "1.25")), 10, "1.25"),
    (ChargeModel.PACKAGE, tiers((1_000_000, 0, "1.25")), 1_500_000, "2.5"),
    # Flexprice, “Tiered”: one rate for all, or each band at its own.
    (ChargeModel.VOLUME, tiers((10_000, 1, 0, 1000), (None, "0.8", 0, 1000)), 4500, "5"),
    # Zuplo, “Pricing models”.
    (ChargeModel.GRADUATED, tiers((1000, "0.1"), (10_000, "0.05"), (None, "0.01")), 15_000, "600"),
    (ChargeModel.VOLUME, tiers((1000, "0.1"), (10_000, "0.05"), (None, "0.01")), 15_000, "150"),
    # Zuora, “Tiered with overage”: 100 included; and the table of its storage example.
    (ChargeModel.GRADUATED, tiers((100, 0), (None, 2)), 130, "60"),
    (ChargeModel.GRADUATED, STORAGE, 10_100, "645"),  # 50 + 160 + 420 + 15
    # Zuora, “Rating by billing period”: 10 at 2.00 and 5 at 3.00.
    (ChargeModel.GRADUATED, tiers((10, 2), (20, 3), (None, 5)), 15, "35"),
    # Zuora, “Overage pricing”: 500 minutes with 59.99 a month, then 0.50 each.
    (ChargeModel.COMMITMENT, tiers((500, 0, "59.99"), (None, "0.50")), 600, "109.99"),
]  # fmt: skip


@pytest.mark.parametrize(("model", "rows", "quantity", "amount"), EXAMPLES)
def test_published_tiers(model, rows, quantity, amount):
    found = rate(model, Decimal(quantity), unit_price=Decimal(0), tiers=rows)
    assert found.amount == Decimal(amount)


@pytest.mark.parametrize(
    ("quantity", "bulk", "tiered"),
    [(4, "200", "240"), (5, "225", "290"), (9, "405", "490"), (10, "400", "530"), (11, "440", "570")],
)  # fmt: skip
def test_liferay_prices_that_begin_with_a_quantity(quantity, bulk, tiered):
    # Liferay, “Using price tiers”: 50, 45 from 5 and 40 from 10 on; by tiers 60, 50 and 40.
    def rows(*prices):
        bounds = ((1, 4), (5, 9), (10, None))
        return bands_from_ranges(
            [
                Range(Decimal(first), None if last is None else Decimal(last), Decimal(price))
                for (first, last), price in zip(bounds, prices, strict=True)
            ]
        )

    many = {"quantity": Decimal(quantity), "unit_price": Decimal(0)}
    assert rate(ChargeModel.VOLUME, **many, tiers=rows(50, 45, 40)).amount == Decimal(bulk)
    assert rate(ChargeModel.GRADUATED, **many, tiers=rows(60, 50, 40)).amount == Decimal(tiered)


@pytest.mark.parametrize(
    ("base", "percent", "amount"), [("1000", "-20", "-200"), ("100", "-120", "-100")]
)
def test_a_percentage_that_takes_off_takes_no_more_than_there_is(base, percent, amount):
    assert percentage(Decimal(base), Decimal(percent)).amount == Decimal(amount)
