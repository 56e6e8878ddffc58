"""What was negotiated stays when prices, quantities or lines change; a diff comes first."""

from datetime import date
from decimal import Decimal

from django.urls import reverse

from quotes.actions import (
    NewAdjustment,
    add_adjustment,
    change_line,
    change_quote,
    freeze_anew,
    freeze_discount,
    moved_bases,
    price_changes,
    refresh_prices,
)
from quotes.models import Price, Quote
from tests.quotes.conftest import NOON


def total(quote):
    return Quote.objects.get(pk=quote.pk).contract_total


def test_a_negotiated_discount_stays_through_quantity_and_list_price(
    client, draft, take, rep, products
):
    line = take(draft, "SUP", 5)
    change_line(line.pk, {"discount_percent": Decimal(12)}, by=rep, at=NOON)
    change_line(line.pk, {"quantity": Decimal(6)}, by=rep, at=NOON)
    assert total(draft) == Decimal("633.60")  # 88 % of 720
    assert price_changes(draft, list(draft.lines.all())) == []
    Price.objects.filter(product=products["SUP"]).update(unit_price=Decimal(11))
    assert total(draft) == Decimal("633.60")
    client.force_login(rep)
    page = client.get(reverse("quotes:edit", args=[draft.pk])).content.decode()
    assert "changed the list price of 1 line since it was added" in page
    sheet = client.get(reverse("quotes:price_changes", args=[draft.pk])).content.decode()
    assert "<del>10.00</del> <ins>11.00</ins>" in sheet.replace("\n", "")
    assert "12 % discount" in sheet
    refresh_prices(draft.pk, [line.pk], by=rep, at=NOON)
    assert total(draft) == Decimal("696.96")  # 88 % of 792
    assert draft.lines.get().discount_percent == 12


def test_an_agreed_price_stays_when_the_list_price_is_taken_anew(draft, take, rep, products):
    line = take(draft, "SUP", 5)
    change_line(line.pk, {"agreed_unit_price": Decimal(9)}, by=rep, at=NOON)
    Price.objects.filter(product=products["SUP"]).update(unit_price=Decimal(11))
    refresh_prices(draft.pk, [line.pk], by=rep, at=NOON)
    line.refresh_from_db()
    assert (line.list_unit_price, line.agreed_unit_price, total(draft)) == (11, 9, 540)


def test_a_list_price_for_a_year_makes_cost_and_agreed_price_one_of_a_year(
    draft, take, rep, products
):
    line = take(draft, "SUP", 5)
    change_line(line.pk, {"agreed_unit_price": Decimal(9)}, by=rep, at=NOON)
    before = Quote.objects.get(pk=draft.pk)
    Price.objects.filter(product=products["SUP"]).update(unit_price=Decimal(120), price_months=12)
    [change] = price_changes(draft, list(draft.lines.all()))
    assert change.kept == "the agreed price of 108"
    refresh_prices(draft.pk, [line.pk], by=rep, at=NOON)
    line.refresh_from_db()
    assert (line.agreed_unit_price, line.unit_cost, line.net_per_period) == (108, 48, 540)
    after = Quote.objects.get(pk=draft.pk)
    assert (after.contract_total, after.cost_total) == (before.contract_total, before.cost_total)


def test_a_live_discount_follows_the_lines_and_a_frozen_one_stands(draft, take, rep):
    """A8: 30 per cent of 600, then a line of 100."""
    Quote.objects.filter(pk=draft.pk).update(starts_on=date(2027, 1, 1))
    line = take(draft, "SUP", 1)
    change_line(line.pk, {"agreed_unit_price": Decimal(600)}, by=rep, at=NOON)
    change_quote(draft.pk, {"term_months": 1, "discount_percent": Decimal(30)}, by=rep, at=NOON)
    assert total(draft) == 420
    more = take(draft, "SUP", 1)
    change_line(more.pk, {"agreed_unit_price": Decimal(100)}, by=rep, at=NOON)
    assert total(draft) == 490  # 700 less 210, live
    more.delete()
    change_quote(draft.pk, {"discount_percent": Decimal(30)}, by=rep, at=NOON)
    freeze_discount(draft.pk, by=rep, at=NOON)
    assert total(draft) == 420
    frozen = draft.lines.get(is_adjustment=True)
    assert (frozen.list_unit_price, frozen.frozen_base) == (-180, 600)
    more = take(draft, "SUP", 1)
    change_line(more.pk, {"agreed_unit_price": Decimal(100)}, by=rep, at=NOON)
    assert total(draft) == 520  # 700 less 180, frozen
    moved = moved_bases(draft, list(draft.lines.all()))
    assert [(one.base, one.anew) for one in moved] == [(700, -210)]
    freeze_anew(frozen.pk, by=rep, at=NOON)
    assert total(draft) == 490
    assert moved_bases(draft, list(draft.lines.all())) == []


def test_an_adjustments_amount_is_changed_in_its_cell(draft, take, rep):
    line = take(draft, "SUP", 10)
    new = NewAdjustment(description="Loyalty", amount=Decimal(-10), like=line.pk)
    loyal = add_adjustment(draft.pk, new, by=rep, at=NOON)
    change_line(loyal.pk, {"agreed_unit_price": Decimal(-20)}, by=rep, at=NOON)
    assert total(draft) == 960
