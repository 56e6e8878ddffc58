"""What every page shares: lists that page, filters that keep, exports, refusals, panels, search."""

import csv
import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.urls import reverse

from billing.actions import runs
from q2c.catalog.models import Product
from q2c.customers.models import Customer
from q2c.identity.models import User
from q2c.identity.roles import Role
from q2c.kernel.errors import Refused
from q2c.web import registry
from q2c.web.models import SavedView
from q2c.web.shortcuts import csv_response, page_of
from quotes.actions import NewQuote, create_quote
from quotes.models import Price, PriceBook
from tests.billing.factories import a_charge, a_customer, the_entity

AT = datetime(2026, 1, 31, 9, 0, tzinfo=UTC)
ORDER = ("legal_name", "id")


@pytest.fixture
def person(db):
    """`person(role)` is somebody with that role; `name` makes another one."""

    def person(role: Role, name: str = "") -> User:
        email = f"{name or role.value}@acme.example"
        return User.objects.create_user(email, "x", full_name=name or role.label, role=role.value)

    return person


@pytest.fixture
def as_(client, person):
    def as_(role: Role):
        client.force_login(person(role))
        return client

    return as_


# Lists page by key


def names_on(rf, after: str = "", *, size: int = 2) -> tuple[list[str], str]:
    page = page_of(
        Customer.objects.all(), rf.get("/", {"after": after}), order=ORDER, size=size
    )  # fmt: skip
    return [row.legal_name for row in page.rows], page.after


def all_names(rf) -> list[str]:
    names, after = names_on(rf)
    while after:
        more, after = names_on(rf, after)
        names += more
    return names


@pytest.mark.parametrize("names", ["", "A", "AB", "ABC", "AABBBC", "BBBBB"])
def test_paging_shows_every_row_once_also_where_many_are_alike(rf, db, names):
    for name in names:
        a_customer(legal_name=name)
    assert all_names(rf) == sorted(names)


def test_what_is_added_or_gone_in_between_neither_repeats_nor_hides_a_row(rf, db):
    for name in "BDFH":
        a_customer(legal_name=name)
    first, after = names_on(rf)
    assert first == ["B", "D"]
    a_customer(legal_name="A")
    Customer.objects.filter(legal_name="D").update(legal_name="Z")
    assert names_on(rf, after, size=9)[0] == ["F", "H", "Z"]


def test_the_last_page_leads_no_further(rf, db):
    for name in "ABCD":
        a_customer(legal_name=name)
    _, after = names_on(rf)
    assert names_on(rf, after) == (["C", "D"], "")


def test_the_newest_come_first(rf, db):
    for month in (1, 2, 3):
        a_customer(legal_name=str(month), created_at=datetime(2026, month, 1, tzinfo=UTC))
    first = page_of(Customer.objects.all(), rf.get("/"), size=2)
    rest = page_of(Customer.objects.all(), rf.get("/", {"after": first.after}), size=2)
    assert [row.legal_name for row in (*first.rows, *rest.rows)] == ["3", "2", "1"]


@pytest.mark.parametrize("after", ["1", "A", "WyJBIl0:forged", "' OR 1=1"])
def test_a_page_somebody_made_up_is_refused(rf, db, after):
    with pytest.raises(Refused, match="Start again from the top"):
        names_on(rf, after)


def test_the_next_page_of_one_order_is_not_one_of_another(as_):
    for name in "ABC":
        a_customer(legal_name=name)
    client = as_(Role.SALES_REP)
    client.raise_request_exception = False
    after = page_of(
        Customer.objects.all(), client.get("/customers/").wsgi_request, order=ORDER, size=1
    ).after
    answer = client.get("/customers/", {"after": after})
    assert answer.status_code == 422
    assert "Start again from the top" in answer.content.decode()


# Views that somebody keeps


def keep(client, name: str, **given: str):
    data = {"page": "/quotes/", "name": name, "query": "state=sent&q=a%26b", **given}
    return client.post("/saved-views/save/", data)


def kept(client) -> str:
    return client.get("/saved-views/", {"page": "/quotes/"}).content.decode()


def test_a_filter_is_kept_under_a_name_and_leads_back_to_it(as_):
    client = as_(Role.SALES_REP)
    assert keep(client, "Waiting").url == "/quotes/?state=sent&q=a%26b"
    assert 'href="/quotes/?state=sent&amp;q=a%26b">Waiting' in kept(client)
    keep(client, "Waiting", query="state=draft")  # the same name: the newer filter
    assert SavedView.objects.get().query == "state=draft"
    assert client.get("/quotes/", {"state": "sent"}).status_code == 200


def test_a_view_is_ones_own_unless_shared_and_only_its_owner_forgets_it(client, person):
    owner, other = person(Role.SALES_REP, "Ana"), person(Role.SALES_REP, "Ben")
    client.force_login(owner)
    keep(client, "Secret")
    keep(client, "Team", is_shared="on")
    client.force_login(other)
    assert ("Secret" in kept(client), "Team" in kept(client)) == (False, True)
    shared = SavedView.objects.get(name="Team")
    forget = reverse("web:forget_view", args=[shared.pk])
    assert forget not in kept(client)
    assert client.post(forget).status_code == 404
    client.force_login(owner)
    assert client.post(forget).url == "/quotes/"
    assert [view.name for view in SavedView.objects.all()] == ["Secret"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"name": "  "}, "Give the view a name"),
        ({"page": "https://evil.example/"}, "cannot be kept"),
        ({"page": "//evil.example/"}, "cannot be kept"),
        ({"page": "quotes"}, "cannot be kept"),
        ({"page": ""}, "cannot be kept"),
    ],
)
def test_a_view_without_a_name_or_of_another_site_is_refused(as_, given, words):
    answer = keep(as_(Role.SALES_REP), **{"name": "X", **given})
    assert (answer.status_code, words in answer.content.decode()) == (422, True)
    assert not SavedView.objects.exists()


# Exports


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+49 30 1234", "'+49 30 1234"),
        ("-5 units", "'-5 units"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("\n=1", "'\n=1"),
        ("＝1", "'＝1"),
        ("a=1", "a=1"),
        ("", ""),
        (None, ""),
        (Decimal("-12.50"), "-12.50"),
        (-3, "-3"),
        (date(2026, 1, 31), "2026-01-31"),
        ('He said "no", twice', 'He said "no", twice'),
    ],
)
def test_no_cell_of_an_export_runs_as_a_formula_and_numbers_stay_numbers(value, cell):
    answer = csv_response("a.csv", ["A", "B"], [[value, "x"]])
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text, newline=""))) == [["A", "B"], [cell, "x"]]


def test_an_export_is_a_file_that_nobody_keeps_a_copy_of():
    answer = csv_response("a.csv", ["A"], [])
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="a.csv"'
    assert answer["Cache-Control"] == "no-store"


# Refusals


def test_a_mistake_stands_beside_its_field_which_names_it(as_):
    data = {"legal_entity": the_entity().pk, "legal_name": "Hafen AG", "tax_id": "DE811569868"}
    data |= {"email": "ap@hafen.example", "currency": "EUR", "payment_terms_days": "14"}
    data |= {"language": "de", "billing-country": "DE", "contact-name": "Ole"}
    answer = as_(Role.SALES_REP).post("/customers/new/", data)
    page = answer.content.decode()
    assert answer.status_code == 422
    field = page.partition('name="contact-email"')[0].rpartition('<div class="field')[2]
    assert field.startswith(" field-bad")
    shown = page.partition('name="contact-email"')[2].partition("</div>")[0]
    assert 'aria-invalid="true"' in shown
    assert 'aria-describedby="id_contact-email_error"' in shown
    assert 'id="id_contact-email_error">This field is required.' in shown
    assert 'value="Hafen AG"' in page  # what was typed stays
    assert not Customer.objects.exists()


def test_a_refusal_is_a_page_a_toast_or_a_detail_as_the_asker_reads_it(as_):
    client = as_(Role.SALES_REP)
    page = keep(client, "")
    assert (page.status_code, "Nothing was changed" in page.content.decode()) == (422, True)
    given = {"page": "/quotes/", "name": ""}
    toast = client.post("/saved-views/save/", given, headers={"HX-Request": "true"})
    assert (toast.status_code, toast.content, toast["HX-Reswap"]) == (422, b"", "none")
    assert json.loads(toast["HX-Trigger"]) == {
        "toast": {"text": "Give the view a name.", "tone": "red"}
    }
    data = client.post("/saved-views/save/", given, headers={"Accept": "application/json"})
    assert (data.status_code, data.json()["detail"]) == (422, "Give the view a name.")


def test_who_may_not_is_told_whom_to_ask(as_):
    answer = as_(Role.SALES_REP).get("/customers/legal-entities/")
    assert answer.status_code == 403
    assert "Ask: administrator." in answer.content.decode()


@pytest.mark.parametrize("role", [None, Role.SALES_REP])
def test_an_unknown_address_is_answered_by_a_page_of_ours(client, person, role):
    if role:
        client.force_login(person(role))
    for method in (client.get, client.post):
        answer = method("/no/such/page/")
        assert answer.status_code == 404
        assert "There is nothing here" in answer.content.decode()
        assert "Go to the start" in answer.content.decode()


def test_odd_signs_in_a_search_find_nothing_and_break_nothing(as_):
    client = as_(Role.ADMINISTRATOR)
    for path in ("/search/", "/customers/"):
        for text in ("%%%", "___", "\\", "'; --", "x" * 5000, "🙂"):
            assert client.get(path, {"q": text}).status_code == 200, text
        assert client.get(path, {"q": "a\0b"}).status_code == 422


# What apps bring


@pytest.mark.parametrize("role", Role)
def test_the_navigation_offers_what_opens_and_the_rest_stays_shut(as_, role):
    # Offered to whom may change them, open to everybody who needs to read them.
    open_to_readers = {
        "catalog:tax_rates", "quotes:price_books", "quotes:price_rules", "quotes:questionnaires",
    }  # fmt: skip
    client = as_(role)
    offered = {entry.url_name for entry in registry.nav_for(User.objects.get())}
    home = client.get("/").content.decode()
    for entry in registry._nav.values():
        url = reverse(entry.url_name)
        assert (f'href="{url}"' in home) == (entry.url_name in offered), entry.label
        opens = entry.url_name in offered | open_to_readers
        assert client.get(url).status_code == (200 if opens else 403), (entry.label, role)


def test_every_shortcut_leads_to_one_page():
    used = [entry.shortcut for entry in registry._nav.values() if entry.shortcut]
    assert sorted(used) == sorted(set(used))


@pytest.mark.parametrize("role", Role)
def test_a_panel_is_served_to_whom_it_is_offered_and_to_nobody_else(as_, role):
    client = as_(role)
    user = User.objects.get()
    for slot in {panel.slot for panel in registry._panels.values()}:
        offered = registry.panels_for(user, slot)
        assert offered == sorted(offered, key=lambda panel: (panel.order, panel.title))
        for panel in registry._panels.values():
            if panel.slot == slot and panel not in offered:
                answer = client.get(reverse(panel.url_name, args=[1]))
                assert answer.status_code == 403, (panel.title, role)


def test_a_customers_page_loads_the_panels_of_other_apps(as_):
    customer = a_customer()
    client = as_(Role.FINANCE)
    page = client.get(reverse("customers:detail", args=[customer.pk])).content.decode()
    panels = registry.panels_for(User.objects.get(), "customer")
    assert len(panels) >= 4
    for panel in panels:
        url = reverse(panel.url_name, args=[customer.pk])
        assert f'hx-get="{url}"' in page
        assert client.get(url, headers={"HX-Request": "true"}).status_code == 200


# Search


@pytest.fixture
def deal(person):
    """A customer, a quote of another rep's, and an invoice, all found by one word."""
    book = PriceBook.objects.create(name="List EUR", currency="EUR")
    Price.objects.create(
        price_book=book, product=Product.objects.create(sku="BOX", name="Box", created_at=AT),
        charge_kind="one_time", unit_price=1, starts_on=date(2020, 1, 1),
    )  # fmt: skip
    customer = a_customer(legal_name="Nordlicht Solar AG")
    owner = person(Role.SALES_REP, "Ana")
    create_quote(NewQuote(customer_id=customer.pk), by=owner, at=AT)
    a_charge(customer)
    run = runs.start_run(on=date(2026, 1, 1), post=True, deliver=False, by=None, at=AT)
    runs.work_off(run.pk, at=AT)
    return customer


FOUND = {
    Role.SALES_REP: {"Customers", "Invoices"},
    Role.SALES_MANAGER: {"Customers", "Quotes", "Invoices"},
    Role.LEGAL: {"Customers", "Quotes"},
    Role.FINANCE: {"Customers", "Quotes", "Invoices"},
    Role.FINANCE_MANAGER: {"Customers", "Quotes", "Invoices"},
    Role.ADMINISTRATOR: {"Customers", "Quotes", "Invoices"},
}


@pytest.mark.parametrize(("role", "kinds"), FOUND.items())
def test_search_finds_what_this_role_may_see(as_, deal, role, kinds):
    groups = as_(role).get("/search/", {"q": "nordlicht"}).context["groups"]
    assert set(groups) == kinds
    for items in groups.values():
        assert "Nordlicht" in f"{items[0].label} {items[0].meta}"


def test_search_finds_pages_and_answers_the_palette_with_a_fragment(as_):
    client = as_(Role.SALES_REP)
    fragment = client.get("/search/", {"q": "quo"}, headers={"HX-Request": "true"})
    assert fragment.content.decode().count(f'href="{reverse("quotes:list")}"') == 1
    assert "<html" not in fragment.content.decode()
    assert "<html" in client.get("/search/", {"q": "quo"}).content.decode()
    assert "HX-Request" in fragment["Vary"]
    nothing = client.get("/search/", {"q": "<b>x"}).content.decode()
    assert "Nothing found for “&lt;b&gt;x”" in nothing


def test_without_a_sign_in_there_is_nothing_to_see(client, db):
    for path in ("/", "/search/?q=a", "/style-guide/", "/shortcuts/", "/saved-views/?page=/"):
        answer = client.get(path)
        assert (answer.status_code, answer.url.partition("?")[0]) == (302, "/sign-in/"), path


def test_a_character_that_is_no_text_is_refused(as_):
    answer = keep(as_(Role.SALES_REP), "Ours\0")
    assert answer.status_code == 422
    assert "a character that is no text" in answer.content.decode()


def test_what_only_a_button_sends_is_no_blank_page(as_):
    answer = as_(Role.SALES_REP).get("/saved-views/save/")
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert "Go back and use the button" in answer.content.decode()
