"""Products are found by what people call them: SKU, name, and the name in the offer's language."""

import pytest

from quotes.actions import paste_lines
from quotes.queries import sellable
from quotes.queries.pasting import understood_rows
from tests.quotes.conftest import NOON, START


@pytest.fixture
def called(products):
    """The router is called Zentrale in German; a box for it begins with its SKU."""
    router = products["BOX"]
    router.translations = {"de": {"name": "Zentrale für zehn Büros"}}
    router.save(update_fields=["translations"])
    return router


def found(book, text):
    return [price.product.sku for price in sellable(book.pk, text, on=START)]


def test_the_product_that_is_called_just_so_comes_first(book, products, called):
    assert found(book, called.sku)[0] == called.sku
    other = products["SUP"]
    other.name = f"A stand for a {called.name}"
    other.save(update_fields=["name"])
    assert found(book, called.name.lower()) == [called.sku, other.sku]
    assert found(book, "a stand") == [other.sku]


def test_a_name_in_another_language_finds_its_product(book, called):
    assert found(book, "büros zentrale") == [called.sku]


def test_pasted_rows_name_products_in_any_language(draft, rep, called):
    (row,) = understood_rows(draft, "Zentrale für zehn Büros\t2")
    assert row.product == called
    paste_lines(draft.pk, "zentrale\t2", only_good=False, by=rep, at=NOON)
    assert draft.lines.get().product == called
