"""The life of a quote: drafted, priced, reviewed, seen by whom."""

from datetime import date
from decimal import Decimal

import pytest

from q2c.infra.models import Event
from q2c.kernel.errors import IllegalTransition, NotAllowed, Refused, StaleVersion
from quotes.actions import (
    NewAdjustment,
    NewQuote,
    add_adjustment,
    change_line,
    change_quote,
    create_quote,
    move_line,
    remove_line,
    submit_quote,
)
from quotes.models import Price, PriceBook, Quote
from quotes.queries import visible_to
from tests.quotes.conftest import NOON


def test_a_quote_starts_with_what_the_customer_has_agreed(draft, customer, contact):
    assert draft.number == "Q-2026-000001"
    assert (draft.currency, draft.payment_terms_days) == ("EUR", 14)
    assert draft.contact == contact
    assert draft.valid_until == date(2026, 12, 24)


def test_quotes_of_two_legal_entities_share_one_series_of_numbers(draft, customer, entity, rep):
    entity.pk, entity.code = None, "AT"
    entity.save()
    customer.legal_entity = entity
    customer.save()
    other = create_quote(NewQuote(customer_id=customer.pk), by=rep, at=NOON)
    assert other.number == "Q-2026-000002"


def test_the_totals_follow_the_lines(full_draft):
    assert full_draft.monthly_total == Decimal(100)
    assert full_draft.one_time_total == Decimal(438)
    assert full_draft.first_invoice_total == Decimal(349)  # 100 in advance and the installation
    assert full_draft.tax_on_first_invoice == Decimal("66.31")  # 19 % of 349
    assert full_draft.contract_total == Decimal(1638)
    assert full_draft.cost_total == Decimal(670)  # 10 seats at 4 for 12 months, 90 and 100


def test_a_bundle_brings_its_options_and_scales_with_them(draft, take, products, rep):
    bundle = take(
        draft,
        "HOME",
        2,
        options={(products["SUP"].pk,): Decimal(3), (products["BOX"].pk,): Decimal(1)},
    )
    assert [(c.description, c.quantity) for c in bundle.children.order_by("position")] == [
        ("Support", Decimal(6)),
        ("Router", Decimal(2)),
    ]
    change_line(bundle.pk, {"quantity": Decimal(4)}, by=rep, at=NOON)
    assert list(bundle.children.order_by("position").values_list("quantity", flat=True)) == [12, 4]
    assert Quote.objects.get(pk=draft.pk).monthly_total == Decimal(120)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"SUP": Decimal(6)}, "Support: each Home bundle takes 0 to 5 of it, not 6; take 1 fewer"),
        ({"SUP": Decimal("1.5")}, "whole number"),
        ({"SUP": Decimal(0), "BOX": Decimal(0)}, "at least one option"),
        ({"SLA": Decimal(1)}, "not an option"),
    ],
)
def test_options_out_of_bounds_are_refused(draft, take, products, options, words):
    chosen = {(products[sku].pk,): quantity for sku, quantity in options.items()}
    with pytest.raises(Refused, match=words):
        take(draft, "HOME", options=chosen)
    assert not draft.lines.exists()


def test_an_option_cannot_grow_over_its_maximum_later(draft, take, products, rep):
    bundle = take(draft, "HOME", 2, options={(products["SUP"].pk,): Decimal(5)})
    child = bundle.children.get(product=products["SUP"])
    with pytest.raises(Refused, match="0 to 5") as refusal:
        change_line(child.pk, {"quantity": Decimal(12)}, by=rep, at=NOON)
    assert refusal.value.field == "quantity"


def test_products_without_a_price_or_no_longer_sold_are_refused(draft, take, products):
    Price.objects.filter(product=products["SUP"]).update(ends_on=date(2026, 12, 31))
    with pytest.raises(Refused, match=r"no price for Support on 01 Jan 2027") as refusal:
        take(draft, "SUP")
    assert refusal.value.field == "product"
    products["SLA"].is_active = False
    products["SLA"].save()
    with pytest.raises(Refused, match="no longer sold"):
        take(draft, "SLA")
    assert not draft.lines.exists()
    products["SLA"].is_active, products["SLA"].ends_on = True, date(2026, 7, 1)
    products["SLA"].save()
    with pytest.raises(Refused, match="has expired: it was sold until 30 Jun 2026"):
        take(draft, "SLA")


def test_a_customer_without_a_price_book_in_their_currency_is_refused(customer, rep):
    PriceBook.objects.update(currency="USD")
    with pytest.raises(Refused, match="no active price book in EUR"):
        create_quote(NewQuote(customer_id=customer.pk), by=rep, at=NOON)
    assert not Quote.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"term_months": 0}, "term_months"),
        ({"discount_percent": Decimal(101)}, "discount_percent"),
        ({"payment_terms_days": 366}, "payment_terms_days"),
        ({"starts_on": date(1999, 1, 1)}, "starts_on"),
        ({"title": "x" * 201}, "title"),
        ({"contact_id": 0}, "contact_id"),
    ],
)
def test_terms_out_of_bounds_change_nothing(draft, rep, changes, field):
    if field == "contact_id":
        changes = {"contact_id": 999}
    with pytest.raises(Refused) as refusal:
        change_quote(draft.pk, changes, by=rep, at=NOON)
    assert refusal.value.field == field
    assert Quote.objects.get(pk=draft.pk).edit_version == draft.edit_version


@pytest.mark.parametrize(
    "quantity", [Decimal(0), Decimal(-1), Decimal(10) ** 10, Decimal("0.0000001")]
)
def test_quantities_out_of_bounds_are_refused(full_draft, rep, quantity):
    line = full_draft.lines.first()
    with pytest.raises(Refused) as refusal:
        change_line(line.pk, {"quantity": quantity}, by=rep, at=NOON)
    assert refusal.value.field == "quantity"
    assert full_draft.lines.first().quantity == 10


def test_the_history_tells_who_changed_what(full_draft, rep):
    line = full_draft.lines.first()
    change_line(line.pk, {"discount_percent": Decimal(5)}, by=rep, at=NOON)
    event = Event.objects.filter(document="quote", document_id=full_draft.pk).latest("id")
    assert (event.name, event.actor) == ("QuoteEdited", rep)
    assert event.changes == {"Support, discount percent": ["0", "5"]}


def test_the_second_of_two_reps_is_told_and_overwrites_nothing(full_draft, rep, manager):
    line, seen = full_draft.lines.first(), full_draft.edit_version
    change_line(line.pk, {"quantity": Decimal(20)}, by=manager, at=NOON, seen=seen)
    with pytest.raises(StaleVersion):
        change_line(line.pk, {"quantity": Decimal(30)}, by=rep, at=NOON, seen=seen)
    assert full_draft.lines.first().quantity == 20


def test_an_adjustment_is_a_line_of_its_own(full_draft, rep):
    like = full_draft.lines.first()
    new = NewAdjustment(description="Loyalty", amount=Decimal("-12.50"), like=like.pk)
    line = add_adjustment(full_draft.pk, new, by=rep, at=NOON)
    assert (line.is_adjustment, line.net_per_period) == (True, Decimal("-12.50"))
    assert Quote.objects.get(pk=full_draft.pk).monthly_total == Decimal("87.50")
    with pytest.raises(Refused, match="no discount"):
        change_line(line.pk, {"discount_percent": Decimal(5)}, by=rep, at=NOON)


def test_lines_move_with_their_options(draft, take, products, rep):
    take(draft, "SUP")
    bundle = take(draft, "HOME", options={(products["BOX"].pk,): Decimal(1)})
    move_line(bundle.pk, up=True, by=rep, at=NOON)
    order = list(draft.lines.order_by("position").values_list("description", flat=True))
    assert order == ["Home bundle", "Support", "Router", "Support"]
    remove_line(bundle.pk, by=rep, at=NOON)
    assert [line.description for line in draft.lines.all()] == ["Support"]


def test_a_quote_within_the_limits_is_approved_at_once(full_draft, rep, policies):
    assert submit_quote(full_draft.pk, by=rep, at=NOON).state == "approved"


def test_an_empty_quote_cannot_be_submitted(draft, rep):
    with pytest.raises(Refused, match="at least one product"):
        submit_quote(draft.pk, by=rep, at=NOON)


def test_a_submitted_quote_cannot_be_edited(in_review, rep):
    with pytest.raises(IllegalTransition, match="cannot edit while in review"):
        change_quote(in_review.pk, {"title": "New"}, by=rep, at=NOON)


def test_reps_see_their_own_quotes_managers_their_teams_finance_all(draft, rep, rep2, manager, cfo):
    assert not visible_to(rep2).exists()
    assert visible_to(rep).count() == visible_to(cfo).count() == visible_to(manager).count() == 1
    with pytest.raises(NotAllowed, match="belongs to a colleague"):
        change_quote(draft.pk, {"title": "Mine"}, by=rep2, at=NOON)


def test_legal_may_read_quotes_but_not_write_them(draft, legal):
    with pytest.raises(NotAllowed):
        change_quote(draft.pk, {"title": "Mine"}, by=legal, at=NOON)


def test_every_price_keeps_its_trace(full_draft):
    assert full_draft.lines.first().trace == [
        "10 × 10",
        "every month from 01 Jan 2027 to 31 Dec 2027",
    ]
