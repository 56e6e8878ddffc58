"""How prices open on a quote: trials, free periods, set-up fees; weeks; fees of commitments."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from q2c.kernel.errors import Refused
from q2c.kernel.rating import percentage
from quotes.actions import (
    PriceDraft,
    change_line,
    change_quote,
    paste_lines,
    remove_line,
    set_price,
)
from quotes.models import PriceRule, Quote
from quotes.queries.measures import facts_of
from quotes.queries.schedules import planned_charges
from quotes.rules.terms import moved
from tests.quotes.conftest import NOON

COMMITTED = (
    {"up_to": "1000", "unit_price": "0", "flat_fee": "500"},
    {"up_to": None, "unit_price": "0.40", "flat_fee": "0"},
)


@pytest.fixture
def price(book, products, manager):
    """`price("SUP", months=1, unit_price=10)` sets a price from the start of 2026 on."""

    def price(sku, charge_model="per_unit", **more):
        numbers = {k: Decimal(v) for k, v in more.items() if k in ("unit_price", "setup_fee")}
        draft = PriceDraft(
            product_id=products[sku].pk, charge_model=charge_model, starts_on=date(2026, 1, 1),
            **more | numbers,
        )  # fmt: skip
        return set_price(book.pk, draft, by=manager, at=NOON)

    return price


def lines_of(quote):
    return list(quote.lines.order_by("position"))


def test_a_trial_starts_the_line_after_it(price, draft, take):
    price("SUP", months=1, unit_price="10", trial_days=14)
    line = take(draft, "SUP", 10)
    assert line.starts_on == date(2027, 1, 15)
    # 17 of 31 days of January, and eleven months of 100
    assert line.contract_total == Decimal("1154.84")


def test_what_the_list_gives_free_is_free_below_a_floor_and_a_guard(price, draft, take):
    PriceRule.objects.create(
        name="Half stays", effect="margin", value=Decimal(50), is_active=True, created_at=NOON
    )
    price("SUP", months=1, unit_price="10", free_periods=3, floor_unit_price=Decimal(8))
    take(draft, "SUP", 10)
    free, paid = lines_of(draft)
    assert (free.net_per_period, free.contract_total, paid.contract_total) == (0, 0, 900)


def test_free_periods_are_a_segment_of_their_own_and_a_set_up_fee_is_a_line(price, draft, take):
    price("SUP", months=1, unit_price="10", free_periods=3, setup_fee="99")
    take(draft, "SUP", 10)
    free, paid, fee = lines_of(draft)
    assert (free.ends_on, free.discount_percent, free.contract_total) == (date(2027, 4, 1), 100, 0)
    assert (paid.ramp_of, paid.starts_on, paid.contract_total) == (free, date(2027, 4, 1), 900)
    assert (fee.setup_of, fee.charge_kind, fee.contract_total) == (free, "one_time", 99)
    assert fee.description == "Set-up: Support"
    quote = Quote.objects.get(pk=draft.pk)
    assert (quote.monthly_total, quote.one_time_total) == (100, 99)
    # The price book gives that, not the rep: nobody has to approve it.
    facts = facts_of(quote, lines_of(quote))
    assert (facts.free_months, max(line.discount_percent for line in facts.lines)) == (0, 0)


def test_pasted_rows_open_as_if_each_had_been_added_alone(price, draft, rep):
    price("SUP", months=1, unit_price="10", free_periods=3, setup_fee="99")
    paste_lines(draft.pk, "SUP\t10\t5%\nBOX\t2", only_good=False, by=rep, at=NOON)
    free, paid, fee, box = lines_of(draft)
    assert (free.ends_on, free.contract_total) == (date(2027, 4, 1), 0)
    assert (paid.ramp_of, paid.discount_percent, paid.contract_total) == (free, 5, 855)
    assert (fee.setup_of, fee.contract_total) == (free, 99)
    assert (box.product.sku, box.position) == ("BOX", 4)


def test_what_opens_a_line_follows_it_and_can_be_taken_off(price, draft, take, rep):
    price("SUP", months=1, unit_price="10", free_periods=3, setup_fee="99")
    line = take(draft, "SUP", 10)
    change_line(line.pk, {"quantity": Decimal(5)}, by=rep, at=NOON)
    change_quote(draft.pk, {"starts_on": date(2027, 2, 1)}, by=rep, at=NOON, segments="shift")
    free, paid, fee = lines_of(draft)
    assert (paid.quantity, paid.starts_on, paid.contract_total) == (5, date(2027, 5, 1), 450)
    remove_line(fee.pk, by=rep, at=NOON)
    remove_line(free.pk, by=rep, at=NOON)
    (left,) = lines_of(draft)
    assert (left.pk, left.ramp_of, left.contract_total) == (paid.pk, None, 600)


def test_a_bundle_opens_as_its_options_do(price, draft, take, rep):
    price("SUP", months=1, unit_price="10", free_periods=1, setup_fee="99")
    head = take(draft, "HOME", 2)
    kinds = [(line.parent_id == head.pk, line.charge_kind) for line in lines_of(draft)[1:]]
    assert kinds == [
        (True, "recurring"),
        (True, "recurring"),
        (True, "one_time"),
        (True, "one_time"),
    ]
    change_line(head.pk, {"discount_percent": Decimal(10)}, by=rep, at=NOON)
    free, paid = lines_of(draft)[1:3]
    assert (free.discount_percent, paid.discount_percent) == (100, 10)


def test_a_trial_beyond_the_term_is_refused(price, draft, take):
    price("SUP", months=1, unit_price="10", free_periods=12)
    with pytest.raises(
        Refused, match="costs nothing until 01 Jan 2028, but the quote ends on 31 Dec"
    ):
        take(draft, "SUP")
    assert not draft.lines.exists()


def test_a_price_recurs_by_weeks(price, draft, take):
    price("SUP", weeks=2, unit_price="10")
    line = take(draft, "SUP", weeks=2)
    assert (line.months, line.weeks) == (0, 2)
    assert len(planned_charges(draft, [line])) == 27


def test_what_takes_off_is_a_product_with_a_negative_price(price, draft, take):
    price("SETUP", "percent_of", months=1, unit_price="-20")
    take(draft, "SUP", 10)
    off = take(draft, "SETUP", months=1)
    assert (off.net_per_period, off.is_adjustment) == (-20, True)
    assert Quote.objects.get(pk=draft.pk).monthly_total == 80


def test_a_percentage_says_in_the_grid_what_it_is_taken_of(price, draft, take, client, rep):
    price("SETUP", "percent_of", months=1, unit_price="20")
    take(draft, "SUP", 10)
    take(draft, "SETUP", months=1)
    client.force_login(rep)
    grid = client.get(f"/quotes/{draft.pk}/edit/").content.decode()
    assert "<small>20 % of other lines</small>" in grid.replace("\xa0", " ")


@pytest.mark.parametrize(
    ("percent", "limits", "amount"),
    [(-20, {}, -200), (-20, {"maximum": Decimal(150)}, -150), (-1, {"minimum": Decimal(50)}, -50)],
)
def test_a_percentage_takes_off_within_its_bounds(percent, limits, amount):
    assert percentage(Decimal(1000), Decimal(percent), **limits).amount == amount


def test_the_fee_of_a_commitment_counts_and_is_scheduled(price, draft, take, rep):
    price("CALLS", "commitment", months=1, tiers=COMMITTED)
    line = take(draft, "CALLS", 1500, discount_percent=Decimal(10))
    assert (line.net_per_period, line.contract_total) == (450, 5400)
    quote = Quote.objects.get(pk=draft.pk)
    assert (quote.monthly_total, quote.contract_total, quote.first_invoice_total) == (450, 5400, 0)
    planned = planned_charges(quote, [line])
    assert [p.due_on for p in planned][:2] == [date(2027, 2, 1), date(2027, 3, 1)]
    assert {p.net.amount for p in planned} == {450}


@pytest.mark.parametrize(
    ("sku", "values", "field"),
    [
        ("SUP", {"months": 1, "weeks": 1}, "weeks"),
        ("SUP", {"months": 1, "unit_price": "-1"}, "unit_price"),
        ("SETUP", {"unit_price": "-1"}, "charge_model"),
        ("SETUP", {"unit_price": "-101", "charge_model": "percent_of"}, "unit_price"),
        ("SETUP", {"unit_price": "1", "trial_days": 5}, "trial_days"),
        ("SUP", {"months": 1, "free_periods": -1}, "free_periods"),
        ("SUP", {"months": 1, "setup_fee": "-1"}, "setup_fee"),
        ("SUP", {"months": 1, "keeps_credits": True}, "keeps_credits"),
        ("SUP", {"months": 1, "unit_price": "10", "floor_unit_price": Decimal(11)}, "floor_unit_price"),
    ],
)  # fmt: skip
def test_terms_of_a_price_that_cannot_be_are_refused(price, sku, values, field):
    with pytest.raises(Refused) as refusal:
        price(sku, **values)
    assert refusal.value.field == field


def test_the_form_keeps_weeks_and_how_a_price_opens(client, manager, book, products):
    client.force_login(manager)
    data = {
        "product": products["SUP"].pk, "months": "w2", "charge_model": "per_unit",
        "unit_price": "4", "in_advance": "on", "starts_on": "2026-01-01", "trial_days": "30",
        "setup_fee": "49,50",
    }  # fmt: skip
    client.post(reverse("quotes:price_new", args=[book.pk]), data)
    kept = book.prices.get(weeks=2)
    assert (kept.months, kept.trial_days, kept.setup_fee) == (0, 30, Decimal("49.5"))
    listed = client.get(reverse("quotes:price_book", args=[book.pk])).content.decode()
    assert "every 2 weeks · 30 days on trial · set-up 49.50" in " ".join(listed.split())


@pytest.mark.parametrize(
    ("day", "goes_to"),
    [
        (date(2027, 4, 1), date(2027, 6, 1)),
        (date(2027, 1, 15), date(2027, 3, 15)),
        (date(2026, 12, 31), date(2027, 2, 28)),
    ],
)
def test_days_of_a_line_move_with_the_quote(day, goes_to):
    assert moved(day, date(2027, 1, 1), date(2027, 3, 1)) == goes_to
