"""Writing a price rule: the page asks for what its effect reads, says what it does, checks its words."""

from datetime import date

import pytest
from django.urls import reverse

from q2c.catalog.models import Product
from q2c.kernel.errors import Refused
from quotes.actions import BookDraft, RuleDraft, add_price_book, add_price_rule
from quotes.models import PriceBook, PriceRule
from tests.quotes.conftest import NOON

TYPED = {
    "name": "Many",
    "effect": "percent",
    "value": "5",
    "stage": "10",
    "combination": "sequential",
    "condition-TOTAL_FORMS": "2",
    "condition-INITIAL_FORMS": "0",
    "condition-0-field": "",
    "condition-1-field": "product",
    "condition-1-operator": "is",
    "condition-1-value": "sup",
}


@pytest.fixture
def page(client, manager, products):
    client.force_login(manager)
    return reverse("quotes:price_rule_new")


def test_what_is_typed_is_said_in_a_sentence_and_asks_for_what_its_effect_reads(client, page):
    text = client.get(page, TYPED).content.decode()
    assert "5 % off, on lines with product sup, of what other rules leave." in text
    assert 'name="breaks"' not in text
    text = client.get(page, {**TYPED, "effect": "breaks", "breaks": "10: 5"}).content.decode()
    assert "5 % from 10, on lines with product sup" in text
    assert 'name="breaks"' in text
    assert "field-bad" not in text


def test_a_rule_without_what_its_effect_does_not_read_is_kept(client, page):
    assert client.post(page, TYPED).status_code == 302
    rule = PriceRule.objects.get()
    assert (rule.effect, rule.measure, rule.value) == ("percent", "quantity", 5)
    assert rule.conditions == [{"field": "product", "operator": "is", "value": ["SUP"]}]
    shown = client.get(reverse("quotes:price_rule_edit", args=[rule.pk])).content.decode()
    assert "5 % off, on lines with product SUP" in shown


def test_a_word_that_nothing_is_called_by_is_refused_beside_its_condition(client, page):
    back = client.post(page, {**TYPED, "condition-1-value": "SUPP"})
    assert back.status_code == 422
    text = back.content.decode()
    assert "Condition 1: there is no product with the SKU “SUPP”." in text
    assert 'value="SUPP"' in text
    assert not PriceRule.objects.exists()


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("segment", "tiny", "“tiny” is no customer segment; choose among small, mid"),
        ("channel", "fax", "“fax” is no channel; choose among direct"),
        ("charge_kind", "monthly", "choose among one_time, recurring, usage"),
        ("quote_kind", "old", "choose among new, renewal, amendment"),
        ("category", "Air", "there is no category “Air”"),
        ("region", "XX-1", "“XX” is not a country code"),
        ("currency", "XXX", "“XXX” is no money in use"),
    ],
)
def test_conditions_name_what_there_is(manager, field, value, words):
    row = {"field": field, "operator": "is", "value": [value]}
    with pytest.raises(Refused, match=words) as refusal:
        add_price_rule(
            RuleDraft(name="R", effect="percent", value=5, conditions=(row,)), by=manager, at=NOON
        )
    assert refusal.value.field == "conditions.0"


def test_the_history_of_a_book_reads_as_its_page_does(client, manager, book, customer):
    own = add_price_book(
        BookDraft(
            name="Own", currency="EUR", customer_id=customer.pk, base_id=book.pk,
            starts_on=date(2026, 6, 1), ends_on=date(2028, 1, 1), proration={"month_first": True},
        ),
        by=manager, at=NOON,
    )  # fmt: skip
    Product.objects.filter(sku="BOX").update(ends_on=date(2026, 6, 1))
    client.force_login(manager)
    draft = {
        "months": "1", "charge_model": "per_unit", "unit_price": "12.50",
        "floor_unit_price": "9", "starts_on": "2026-06-01", "ends_on": "2027-01-01",
    }  # fmt: skip
    new = reverse("quotes:price_new", args=[own.pk])
    client.post(new, {**draft, "product": Product.objects.get(sku="SUP").pk})
    box = {**draft, "months": "0", "product": Product.objects.get(sku="BOX").pk}
    assert "sold until 31 May 2026" in client.post(new, box).content.decode()
    text = client.get(reverse("quotes:price_book", args=[own.pk])).content.decode()
    assert "Quotes that start until: <del>nothing</del> → <ins>31 Dec 2027</ins>" in text
    assert "Billing periods: <del>nothing</del> → <ins>Whole months first, then actual" in text
    assert "Gaps filled from: <del>nothing</del> → <ins>List EUR</ins>" in text
    assert "SUP every month from 01 Jun 2026" in text
    assert "Per unit 12.5, floor 9, in arrears, until 31 Dec 2026" in text
    assert "month_first" not in text


def test_a_book_for_a_customer_takes_their_number_or_name(client, manager, customer, book):
    client.force_login(manager)
    new = reverse("quotes:price_book_new")
    typed = {"name": "Own", "currency": "EUR", "customer": "nobody"}
    assert "There is no customer: nobody." in client.post(new, typed).content.decode()
    assert client.post(new, {**typed, "customer": "nordlicht"}).status_code == 302
    assert PriceBook.objects.get(name="Own").customer == customer
