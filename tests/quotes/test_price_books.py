"""Which price book a quote is priced from, and what is refused."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from q2c.kernel.errors import Refused
from quotes.actions import (
    BookDraft,
    NewLine,
    NewQuote,
    PriceDraft,
    Renewal,
    add_line,
    add_price_book,
    change_price_book,
    create_quote,
    create_renewal_quote,
    preview_increase,
    set_price,
)
from quotes.models import QuoteLine
from quotes.rules.increases import Increase
from quotes.rules.price_books import Book, Deal, choose_book
from quotes.rules.running import RunningItem
from tests.quotes.conftest import NOON

MAY = date(2026, 5, 1)
LIST = Book(1, "List", "EUR")
PARTNERS = Book(2, "Partners", "EUR", channel="partner")
BAVARIA = Book(3, "Bavaria", "EUR", region="DE-BY")
OWN = Book(4, "Contract", "EUR", customer_id=7, starts_on=MAY, ends_on=date(2027, 5, 1))
BOOKS = [LIST, PARTNERS, BAVARIA, OWN]


def deal(**changes):
    return Deal(**{"currency": "EUR", "on": MAY, "customer_id": 1, "region": "DE-BE", **changes})


@pytest.mark.parametrize(
    ("changes", "name", "words"),
    [
        ({}, "List", "“List”: it is the list in EUR."),
        (
            {"channel": "partner"},
            "Partners",
            "“Partners”: it is for channel partner. It goes before “List” as the narrower of",
        ),
        (
            {"customer_id": 7, "channel": "partner"},
            "Contract",
            "“Contract”: it holds the prices agreed with this customer. It goes before “Part",
        ),
        ({"customer_id": 7, "on": MAY - timedelta(days=1)}, "List", None),
        ({"customer_id": 7, "on": date(2027, 5, 1)}, "List", None),
        ({"region": "DE-BY"}, "Bavaria", None),
    ],
)
def test_the_book_that_fits_best_is_chosen_and_says_why(changes, name, words):
    choice = choose_book(BOOKS, deal(**changes))
    assert choice.book.name == name
    assert words is None or choice.words.startswith(words)


def test_a_higher_priority_goes_before_a_narrower_book():
    first = Book(9, "Autumn", "EUR", priority=5)
    choice = choose_book([*BOOKS, first], deal(channel="partner"))
    assert choice.words == (
        "“Autumn”: it is the list in EUR. It goes before “Partners” by its priority, 5 to 0."
    )


def test_a_book_that_does_not_fit_says_why():
    empty = Book(5, "Empty", "EUR", has_prices=False)
    yen = Book(6, "Yen", "JPY")
    choice = choose_book([BAVARIA, empty, yen], deal())
    assert choice.book is None
    assert [why for _, why in choice.misfits] == [
        "It is for DE-BY; the customer is in DE-BE.",
        "It has no prices yet.",
        "It is in JPY, the customer pays in EUR.",
    ]


@given(st.permutations(BOOKS))
def test_the_order_in_which_books_are_read_changes_nothing(books):
    assert choose_book(books, deal(customer_id=7)).book == OWN


def priced(book, product, price, admin, *, starts_on=date(2020, 1, 1), ends_on=None):
    draft = PriceDraft(
        product_id=product.pk, months=1, charge_model="per_unit", unit_price=Decimal(price),
        starts_on=starts_on, ends_on=ends_on,
    )  # fmt: skip
    return set_price(book.pk, draft, by=admin, at=NOON)


def test_contract_prices_win_and_the_list_fills_their_gaps(rep, admin, customer, products, book):
    own = BookDraft(name="Contract", currency="EUR", customer_id=customer.pk, base_id=book.pk)
    contract = add_price_book(own, by=admin, at=NOON)
    priced(contract, products["SUP"], "8", admin)
    quote = create_quote(NewQuote(customer_id=customer.pk), by=rep, at=NOON)
    assert quote.price_book == contract
    assert quote.price_book_reason.startswith("“Contract”: it holds the prices agreed")
    agreed = add_line(quote.pk, NewLine(product_id=products["SUP"].pk), by=rep, at=NOON)
    listed = add_line(quote.pk, NewLine(product_id=products["BOX"].pk), by=rep, at=NOON)
    assert (agreed.list_unit_price, listed.list_unit_price) == (Decimal(8), Decimal(189))


def test_a_book_that_does_not_fit_is_refused_in_words(rep, admin, customer, book):
    empty = add_price_book(BookDraft(name="Empty", currency="EUR"), by=admin, at=NOON)
    new = NewQuote(customer_id=customer.pk, price_book_id=empty.pk)
    with pytest.raises(Refused, match=r"“Empty” does not fit[.] It has no prices yet"):
        create_quote(new, by=rep, at=NOON)


@pytest.mark.parametrize(
    ("draft", "words"),
    [
        ({"channel": "moon"}, "Choose one of direct, partner, online."),
        ({"region": "XX"}, "“XX” is not a country code"),
        ({"starts_on": MAY, "ends_on": MAY}, "must end after it starts"),
        ({"currency": "USD"}, "stays in its currency"),
    ],
)
def test_odd_books_are_refused(draft, words, admin, book):
    whole = BookDraft(**{"name": "List", "currency": "EUR", **draft})
    with pytest.raises(Refused, match=words):
        change_price_book(book.pk, whole, by=admin, at=NOON)


def test_overlapping_prices_are_refused(admin, products, book):
    fresh = add_price_book(BookDraft(name="Fresh", currency="EUR"), by=admin, at=NOON)
    priced(fresh, products["SUP"], "9", admin, starts_on=date(2027, 1, 1))
    with pytest.raises(Refused, match="From 01 Jan 2027 another price holds"):
        priced(fresh, products["SUP"], "8", admin)
    priced(fresh, products["SUP"], "8", admin, ends_on=date(2027, 1, 1))


def test_prices_are_raised_from_a_day_after_a_look_at_them(client, admin, products, book):
    client.force_login(admin)
    new_year = {
        "percent": "5",
        "starts_on": "2028-01-01",
        "products": [products["SUP"].pk, products["SEATS"].pk],
    }
    page = client.post(f"/price-books/{book.pk}/increase/", new_year | {"do": "look"})
    assert "Write 2 prices" in page.text
    assert not book.prices.filter(starts_on=date(2028, 1, 1)).exists()
    client.post(f"/price-books/{book.pk}/increase/", new_year | {"do": "write"})
    raised = book.prices.get(product=products["SUP"], starts_on=date(2028, 1, 1))
    assert raised.unit_price == Decimal("10.50")
    seats = book.prices.get(product=products["SEATS"], starts_on=date(2028, 1, 1))
    assert [tier["unit_price"] for tier in seats.tiers] == ["14.70", "9.98"]
    old = book.prices.get(product=products["SUP"], ends_on=date(2028, 1, 1))
    assert old.unit_price == Decimal(10)


@pytest.mark.parametrize(
    ("increase", "words"),
    [
        (Increase("EUR"), "one of them"),
        (Increase("EUR", percent=Decimal(5), amount=Decimal(1)), "one of them"),
        (Increase("EUR", percent=Decimal(-100)), "more than −100"),
        (Increase("EUR", amount=Decimal(0)), "changes nothing"),
    ],
)
def test_odd_increases_are_refused(increase, words):
    with pytest.raises(Refused, match=words):
        increase.check()


def test_an_increase_leaves_what_takes_off_and_what_is_no_longer_sold(book, products, admin):
    products["BOX"].ends_on = date(2027, 6, 1)
    products["BOX"].save()
    off = PriceDraft(
        product_id=products["SETUP"].pk, months=1, charge_model="flat",
        unit_price=Decimal(-10), starts_on=date(2026, 1, 1),
    )  # fmt: skip
    set_price(book.pk, off, by=admin, at=NOON)
    raised = preview_increase(
        book, Increase("EUR", percent=Decimal(5)), product_ids=(), on=date(2027, 6, 1)
    )
    skus = {(row.price.product.sku, row.price.months) for row in raised}
    assert {("SUP", 1), ("SETUP", 0)} <= skus
    assert not {("BOX", 0), ("SETUP", 1)} & skus
    with pytest.raises(Refused, match=r"^.+: The price would be negative") as refusal:
        preview_increase(
            book, Increase("EUR", amount=Decimal(-10_000)), product_ids=(), on=date(2027, 6, 1)
        )
    assert refusal.value.field == "amount"


def test_a_raised_price_keeps_its_decimals():
    assert Increase("EUR", percent=Decimal(10)).of(Decimal("0.045")) == Decimal("0.050")
    assert Increase("JPY", percent=Decimal("2.5")).of(Decimal(999)) == Decimal(1024)


def test_a_renewal_honours_contract_prices(sent, rep, admin, customer, products, book):
    own = BookDraft(name="Contract", currency="EUR", customer_id=customer.pk, base_id=book.pk)
    contract = add_price_book(own, by=admin, at=NOON)
    priced(contract, products["SUP"], "9", admin)
    seats = sent.lines.get(product=products["SUP"])
    item = RunningItem(
        id=1, quote_line_id=seats.pk, origin_line_id=seats.pk, charge_model="per_unit", tiers=[],
        quantity=Decimal(10), unit_price=Decimal(10), discount_percent=Decimal(0),
        net_per_period=Decimal(100), since=date(2027, 1, 1), ends_on=None,
    )  # fmt: skip
    how = Renewal(contract_id=1, from_quote_id=sent.pk, starts_on=date(2028, 1, 1), term_months=12)
    renewal = create_renewal_quote(how, [item], at=NOON)
    line = QuoteLine.objects.get(quote_id=renewal, product=products["SUP"])
    assert (line.list_unit_price, line.quote.price_book) == (Decimal(9), contract)
