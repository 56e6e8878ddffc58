"""A renewal continues what runs, at the same prices, at list, or raised by so much a year."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from q2c.kernel.errors import Refused
from quotes.actions import Renewal, create_renewal_quote
from quotes.models import Price, PriceRule, Quote, QuoteLine
from quotes.rules.renewing import RenewalBasis, RenewalMethod
from quotes.rules.running import RunningItem
from tests.quotes.conftest import NOON

END = date(2028, 1, 1)


@pytest.fixture
def renew(full_draft):
    """`renew(items, method="uplift")` is the renewal quote of what ran until the end of 2027."""

    def renew(items, *, term_months=12, **how):
        how = {**how, "method": RenewalMethod(how.get("method", "same"))}
        renewal = Renewal(
            contract_id=7,
            from_quote_id=full_draft.pk,
            starts_on=END,
            term_months=term_months,
            **how,
        )
        return Quote.objects.get(pk=create_renewal_quote(renewal, items, at=NOON))

    return renew


@pytest.fixture
def seats(full_draft):
    """Ten seats of support as they run: sold at 10, agreed at 9 less a tenth."""
    line = full_draft.lines.get(product__sku="SUP")
    return RunningItem(
        id=1, quote_line_id=line.pk, origin_line_id=line.pk, charge_model="per_unit", tiers=[],
        quantity=Decimal(10), unit_price=Decimal(9), discount_percent=Decimal(10),
        net_per_period=Decimal(81), since=date(2027, 1, 1), ends_on=None,
    )  # fmt: skip


def test_what_runs_at_the_end_goes_on_at_its_price_and_comes_once(renew, seats):
    over = replace(seats, id=2, ends_on=date(2027, 6, 1))
    first, again = renew([seats, over]), renew([seats, over])
    assert first == again
    [line] = first.lines.all()
    assert (line.quantity, line.agreed_unit_price, line.net_per_period) == (10, 9, 81)
    assert (first.kind, first.contract_total) == ("renewal", 972)


def test_list_takes_the_prices_of_the_day_without_the_discount(renew, seats):
    [line] = renew([seats], method="list").lines.all()
    assert (line.list_unit_price, line.agreed_unit_price) == (10, None)
    assert (line.discount_percent, line.net_per_period) == (0, 100)


def test_list_prices_that_are_for_a_year_now_are_held_to_the_cost_and_the_floor_of_a_year(
    renew, seats
):
    Price.objects.filter(product__sku="SUP").update(
        unit_price=Decimal(120), price_months=12, floor_unit_price=Decimal(60)
    )
    quote = renew([seats], method="list")
    [line] = quote.lines.all()
    assert (line.unit_cost, line.floor_unit_price, line.net_per_period) == (48, 60, 1200)
    assert (quote.contract_total, quote.cost_total) == (1200, 480)


def test_an_uplift_raises_the_price_and_keeps_the_discount(renew, seats):
    [line] = renew([seats], method="uplift", uplift_percent=Decimal(10)).lines.all()
    assert (line.agreed_unit_price, line.discount_percent) == (Decimal("9.9"), 10)
    assert line.net_per_period == Decimal("89.10")
    assert line.price_reason == "10 % a year more at renewal"


def test_what_several_discounts_made_stays_to_the_cent(renew, seats):
    odd = replace(seats, net_per_period=Decimal("80.99"))
    assert renew([odd]).monthly_total == Decimal("80.99")


def test_zuoras_renewal_over_nine_months_is_worth_its_whole_value(renew, seats):
    one = replace(seats, quantity=Decimal(1), unit_price=Decimal(10), discount_percent=Decimal(0))
    assert renew([replace(one, net_per_period=Decimal(10))], term_months=9).contract_total == 90


@pytest.mark.parametrize(
    ("basis", "price"), [("last_segment", 242), ("first_segment", 312), ("highest", 312)]
)
def test_a_ramp_goes_on_with_its_last_quantity_from_its_last_or_first_price(
    renew, seats, full_draft, basis, price
):
    """ServiceNow: 240, then 220, over three years; 10 % a year."""
    heads = full_draft.lines.get(product__sku="SUP")
    second = QuoteLine.objects.get(pk=heads.pk)
    second.pk, second.position, second.ramp_of = None, 99, heads
    second.save()
    plain = replace(seats, discount_percent=Decimal(0))
    first = replace(
        plain, since=date(2025, 1, 1), ends_on=date(2027, 1, 1), unit_price=Decimal(240)
    )
    last = replace(
        plain, id=2, quote_line_id=second.pk, origin_line_id=second.pk, quantity=Decimal(12),
        unit_price=Decimal(220), net_per_period=Decimal(2640),
    )  # fmt: skip
    how = {"uplift_percent": Decimal(10), "basis": RenewalBasis(basis)}
    [line] = renew([first, last], method="uplift", **how).lines.all()
    assert (line.quantity, line.agreed_unit_price) == (12, price)


@pytest.mark.parametrize(
    ("method", "percent", "net"),
    [("same", 0, 45_360), ("list", 0, 45_360), ("uplift", 10, 49_896)],
)
def test_salesforces_waterfall_is_renewed_by_each_method(renew, seats, method, percent, net):
    """W6: 10 at 10,000; 10, 20 and 30 %, and 10 % last; what was agreed, or the rules anew."""
    # A16
    Price.objects.filter(product__sku="SUP").update(unit_price=10_000)
    for place, value in enumerate((10, 20, 30, 10), start=1):
        PriceRule.objects.create(
            name=f"Stage {place}", effect="percent", value=value, stage=place * 10,
            combination="sequential", is_active=True, created_at=NOON,
        )  # fmt: skip
    sold = replace(
        seats, unit_price=Decimal(10_000), discount_percent=Decimal("54.64"),
        net_per_period=Decimal(45_360),
    )  # fmt: skip
    renewal = renew([sold], method=method, uplift_percent=Decimal(percent))
    [line] = renewal.lines.all()
    assert (line.net_per_period, renewal.monthly_total) == (net, net)
    assert line.is_contract_price is (method != "list")


def test_an_uplift_is_asked_for_by_its_method(renew, seats):
    with pytest.raises(Refused, match="Only the method"):
        renew([seats], uplift_percent=Decimal(5))
    assert not Quote.objects.filter(kind="renewal").exists()
