"""The pages of the people who sell: lists, the quote, decisions, price books, policies."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from q2c.customers.models import Customer
from quotes.actions import change_line, change_quote, submit_quote
from quotes.models import Price, PriceBook, Quote
from tests.quotes.conftest import NOON


@pytest.fixture
def as_(client):
    def as_(user):
        client.force_login(user)
        return client

    return as_


def at(name, *args):
    return reverse(f"quotes:{name}", args=args)


def post(client, page, /, *args, follow=True, **data):
    return client.post(at(page, *args), data, follow=follow)


def test_an_empty_list_says_what_to_do(as_, rep):
    assert b"No quotes yet" in as_(rep).get(at("list")).content


def test_the_list_counts_and_sums_by_state(as_, rep, full_draft, sent):
    page = as_(rep).get(at("list")).content.decode()
    assert "Q-2026-000001" in page
    assert "1,638.00 EUR" in page


def test_a_search_without_matches_says_so(as_, rep, full_draft):
    assert b"No quote matches" in as_(rep).get(at("list"), {"q": "nobody"}).content
    assert b"Q-2026-000001" in as_(rep).get(at("list"), {"q": "nordlicht"}).content


@pytest.mark.parametrize("name", ["detail", "edit", "pdf", "preview"])
def test_a_colleagues_quote_does_not_exist_for_another_rep(as_, rep2, full_draft, name):
    assert as_(rep2).get(at(name, full_draft.pk)).status_code == 404
    assert str(full_draft.number).encode() not in as_(rep2).get(at("list")).content


def test_posts_to_a_colleagues_quote_are_404_and_change_nothing(as_, rep2, sent):
    for name in ("submit", "recall", "send", "revise", "cancel", "comment"):
        assert post(as_(rep2), name, sent.pk, reason="x", body="x").status_code == 404
    assert Quote.objects.get(pk=sent.pk).state == "sent"
    assert not sent.comments.exists()


def test_a_visitor_signs_in_first(client, full_draft):
    response = client.get(at("detail", full_draft.pk))
    assert response.status_code == 302
    assert "/sign-in/" in response["Location"]


def test_legal_reads_a_quote_without_its_margin_and_without_buttons(as_, legal, full_draft):
    page = as_(legal).get(at("detail", full_draft.pk)).content.decode()
    assert "1,638.00 EUR" in page
    assert "Margin" not in page
    assert "670.00" not in page  # what it costs us
    assert 'action="' + at("submit", full_draft.pk) not in page


def test_the_quotes_page_shows_days_and_what_the_customer_may_still_choose(as_, rep, full_draft):
    support, router = full_draft.lines.all()[:2]
    change_line(support.pk, {"ends_on": date(2027, 7, 1)}, by=rep, at=NOON)
    change_line(router.pk, {"is_optional": True, "is_chosen": False}, by=rep, at=NOON)
    page = as_(rep).get(at("detail", full_draft.pk)).content.decode().replace("\xa0", " ")
    assert "1 Jan 2027 to 30 Jun 2027" in page
    _, _, offered = page.partition("The customer may take instead or besides; not in the total")
    assert "Router" in offered.partition("</tbody>")[0]
    assert "optional, off" in offered


def test_a_long_history_is_shown_whole_when_asked_for(as_, rep, draft):
    for days in range(1, 62):
        change_quote(draft.pk, {"payment_terms_days": days}, by=rep, at=NOON)
    client = as_(rep)
    assert "Quote created" not in client.get(at("detail", draft.pk)).content.decode()
    page = client.get(at("detail", draft.pk), {"history": "all"}).content.decode()
    assert "Quote created" in page


def test_sales_sees_the_margin(as_, rep, full_draft):
    assert "Margin" in as_(rep).get(at("detail", full_draft.pk)).content.decode()


def test_a_quote_is_created_for_a_chosen_customer(as_, rep, customer, book):
    client = as_(rep)
    page = client.get(at("new"), {"q": "nordl"}).content.decode()
    assert f"?customer={customer.pk}" in page
    url = f"{at('new')}?customer={customer.pk}"
    data = {"title": "Office", "term_months": 12, "starts_on": "2027-01-01", "price_book": book.pk}
    response = client.post(url, data)
    quote = Quote.objects.get()
    assert response["Location"] == at("edit", quote.pk)
    assert (quote.owner, quote.customer, quote.title) == (rep, customer, "Office")


def test_a_term_of_nothing_is_refused_at_its_field(as_, rep, customer, book):
    url = f"{at('new')}?customer={customer.pk}"
    data = {"term_months": 0, "starts_on": "2027-01-01", "price_book": book.pk}
    response = as_(rep).post(url, data)
    assert response.status_code == 422
    assert "term_months" in response.context["form"].errors
    assert not Quote.objects.exists()


def test_the_way_from_draft_to_the_mailed_offer(
    as_, rep, manager, full_draft, policies, contact, deliver
):
    change_quote(full_draft.pk, {"discount_percent": Decimal(18)}, by=rep, at=NOON)
    client = as_(rep)
    assert b"Will need approval" in client.get(at("detail", full_draft.pk)).content
    post(client, "submit", full_draft.pk)
    request = full_draft.approvals.get()
    assert b"Approve this quote?" not in client.get(at("detail", full_draft.pk)).content
    client = as_(manager)
    assert b"Approve this quote?" in client.get(at("detail", full_draft.pk)).content
    assert full_draft.number in client.get("/").content.decode()  # the home card
    post(client, "approve", full_draft.pk, request.pk, comment="Fine")
    client = as_(rep)
    page = post(client, "send", full_draft.pk, contact=contact.pk, message="Hello Ida").content
    assert b"The offer is on its way" in page
    assert Quote.objects.get(pk=full_draft.pk).state == "sent"
    mail = deliver()[-1]
    assert "Hello Ida" in mail.text
    # The sender never sees the link.
    assert b"/p/" not in client.get(at("detail", full_draft.pk)).content


def test_a_quote_sent_back_shows_the_words(as_, rep, manager, full_draft, policies):
    change_quote(full_draft.pk, {"discount_percent": Decimal(18)}, by=rep, at=NOON)
    submit_quote(full_draft.pk, by=rep, at=NOON)
    request = full_draft.approvals.get()
    page = post(as_(manager), "refuse", full_draft.pk, request.pk, comment="Too deep").content
    assert "“Too deep”".encode() in page
    assert Quote.objects.get(pk=full_draft.pk).state == "draft"


def test_an_approval_of_another_quote_is_404(as_, rep, manager, full_draft, draft, policies, sent):
    assert post(as_(manager), "approve", sent.pk, 999).status_code == 404


def test_a_refusal_is_said_on_the_quotes_page(as_, rep, sent):
    page = post(as_(rep), "cancel", sent.pk, reason=" ").content
    assert b"Say why the quote is withdrawn" in page
    assert Quote.objects.get(pk=sent.pk).state == "sent"


def test_a_sent_quote_is_read_not_edited(as_, rep, sent):
    response = as_(rep).get(at("edit", sent.pk), follow=True)
    assert response.redirect_chain[-1][0] == at("detail", sent.pk)


def test_the_document_is_the_one_that_was_sent(as_, rep, sent):
    response = as_(rep).get(at("pdf", sent.pk))
    assert response.content == bytes(sent.document.content)
    assert response["Content-Type"] == "application/pdf"


def test_a_draft_has_a_preview_as_pdf_and_as_the_customers_page(as_, rep, full_draft):
    client = as_(rep)
    assert client.get(at("pdf", full_draft.pk)).content.startswith(b"%PDF-")
    page = client.get(at("preview", full_draft.pk)).content
    assert b"nothing is sent from here" in page
    assert b'id="accept"' not in page


def test_many_are_submitted_and_sent_and_what_was_left_says_why(
    as_, rep, full_draft, draft, customer, take
):
    from quotes.actions import NewQuote, create_quote

    empty = create_quote(NewQuote(customer_id=customer.pk), by=rep, at=NOON)
    client = as_(rep)
    page = post(client, "bulk", action="submit", ids=[full_draft.pk, empty.pk]).content.decode()
    assert "1 quote submitted." in page
    assert f"{empty.number}: Add at least one product" in page
    post(client, "bulk", action="send", ids=[full_draft.pk])
    assert Quote.objects.get(pk=full_draft.pk).state == "sent"


def test_the_export_lists_what_the_person_may_see(as_, rep, rep2, full_draft):
    rows = b"".join(as_(rep).get(at("export")).streaming_content).decode().splitlines()
    assert len(rows) == 2
    assert "Nordlicht Solar AG" in rows[1]
    assert len(b"".join(as_(rep2).get(at("export")).streaming_content).splitlines()) == 1


def test_a_customers_page_can_show_their_quotes(as_, rep, rep2, full_draft):
    url = at("of_customer", full_draft.customer_id)
    assert b"Q-2026-000001" in as_(rep).get(url).content
    assert b"No quotes yet" in as_(rep2).get(url).content


def test_search_finds_quotes_by_customer(as_, rep, full_draft):
    page = as_(rep).get("/search/", {"q": "nordlicht"}).content.decode()
    assert at("detail", full_draft.pk) in page


@pytest.mark.parametrize("many", [2, 12])
def test_the_list_asks_as_many_questions_for_many_quotes_as_for_few(
    as_, rep, customer, many, django_assert_max_num_queries
):
    from quotes.actions import NewQuote, create_quote

    for _ in range(many):
        create_quote(NewQuote(customer_id=customer.pk), by=rep, at=NOON)
    client = as_(rep)
    with django_assert_max_num_queries(9):
        client.get(at("list"))


# Price books and policies.


def test_a_price_book_gets_a_price_and_the_old_one_ends(as_, manager, book, products):
    data = {
        "product": products["SUP"].pk, "months": 1, "charge_model": "per_unit",
        "unit_price": "12,50", "in_advance": "on", "starts_on": "2027-01-01",
    }  # fmt: skip
    post(as_(manager), "price_new", book.pk, **data)
    old, new = Price.objects.filter(price_book=book, product=products["SUP"]).order_by("starts_on")
    assert (new.unit_price, str(old.ends_on)) == (Decimal("12.5"), "2027-01-01")
    page = as_(manager).get(at("price_book", book.pk)).content.decode()
    assert "12.50" in page
    assert "31 Dec 2026" in page  # its last day


def test_tiers_are_typed_a_line_each(as_, manager, book, products):
    price = Price.objects.get(price_book=book, product=products["SEATS"])
    data = {
        "charge_model": "volume", "unit_price": "0", "in_advance": "on", "starts_on": "2020-01-01",
        "tiers": "10: 12,5\n100: 9 + 5\nmore: 7",
    }  # fmt: skip
    post(as_(manager), "price", book.pk, price.pk, **data)
    price.refresh_from_db()
    assert price.tiers == [
        {"up_to": "10", "unit_price": "12.5", "flat_fee": "0"},
        {"up_to": "100", "unit_price": "9", "flat_fee": "5"},
        {"up_to": None, "unit_price": "7", "flat_fee": "0"},
    ]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"charge_model": "graduated", "tiers": "10: 5"}, "tiers"),  # no band without end
        ({"charge_model": "graduated", "tiers": "10: 5\n5: 4\nmore: 3"}, "tiers"),  # a gap
        ({"charge_model": "graduated", "tiers": "ten: 5"}, "tiers"),
        ({"charge_model": "graduated", "tiers": ""}, "tiers"),
        ({"unit_price": "-1"}, "unit_price"),
        ({"months": 0}, "months"),
        ({"starts_on": "2020-01-01"}, "starts_on"),
        ({"ends_on": "2026-01-01"}, "ends_on"),
    ],
)
def test_prices_that_cannot_be_are_refused_at_the_field(as_, manager, book, products, wrong, field):
    data = {
        "product": products["SUP"].pk, "months": 1, "charge_model": "per_unit", "unit_price": "1",
        "starts_on": "2027-01-01", **wrong,
    }  # fmt: skip
    before = Price.objects.count()
    response = post(as_(manager), "price_new", book.pk, **data)
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert Price.objects.count() == before


def test_only_those_who_may_edit_the_catalog_change_prices(as_, rep, book):
    client = as_(rep)
    assert client.get(at("price_book", book.pk)).status_code == 200
    assert client.get(at("price_new", book.pk)).status_code == 403
    assert post(client, "price_book_new", name="Mine", currency="EUR").status_code == 403
    assert PriceBook.objects.count() == 1


def test_a_price_book_is_opened_and_retired(as_, manager, db):
    post(as_(manager), "price_book_new", name="Partners", currency="USD")
    book = PriceBook.objects.get(name="Partners")
    post(as_(manager), "price_book_edit", book.pk, name="Partners")
    book.refresh_from_db()
    assert (book.is_active, book.currency) == (False, "USD")


def test_the_customer_can_be_created_on_the_way(as_, rep, customer):
    page = as_(rep).get(at("new")).content.decode()
    assert f"{reverse('customers:new')}?next={at('new')}" in page
    assert Customer.objects.count() == 1
