import csv
import io

import pytest
from django.urls import reverse

from q2c.customers.actions import edit_customer
from q2c.customers.models import Customer, LegalEntity
from tests.customers.conftest import NOON

NEW = {
    "legal_name": "Hafen AG", "email": "ap@hafen.example", "tax_id": "", "currency": "EUR",
    "payment_terms_days": "14", "language": "de", "billing-street": "Kai 1",
    "billing-city": "Kiel", "billing-country": "DE", "contact-name": "Ole",
    "contact-email": "ole@hafen.example",
}  # fmt: skip


@pytest.fixture
def as_rep(client, rep):
    client.force_login(rep)
    return client


def test_the_list_needs_a_sign_in_and_shows_customers(client, customer, as_rep):
    page = as_rep.get(reverse("customers:list"))
    assert "Nordlicht Solar AG" in page.content.decode()
    client.logout()
    assert client.get(reverse("customers:list")).status_code == 302


def test_the_list_filters_pages_and_exports_alike(as_rep, draft, rep):
    from q2c.customers.actions import create_customer

    for n in range(53):
        create_customer(draft(legal_name=f"Firm {n:02}", owner_id=None), by=rep, at=NOON)
    create_customer(draft(legal_name="=Mine", owner_id=rep.pk), by=rep, at=NOON)
    first = as_rep.get(reverse("customers:list"), {"q": "firm", "sort": "name"})
    assert [c.legal_name for c in first.context["page"].rows][::49] == ["Firm 00", "Firm 49"]
    query = {"q": "firm", "sort": "name", "after": first.context["page"].after}
    rest = as_rep.get(reverse("customers:list"), query)
    assert [c.legal_name for c in rest.context["page"].rows] == ["Firm 50", "Firm 51", "Firm 52"]
    mine = as_rep.get(reverse("customers:export"), {"of": "mine"})
    text = b"".join(mine.streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["legal_name"] for row in rows] == ["'=Mine"]
    nothing = as_rep.get(reverse("customers:list"), {"q": "nobody"})
    assert "No customer matches" in nothing.content.decode()


def test_a_customer_is_created_and_the_rep_goes_on_to_the_quote(as_rep, entity):
    data = {**NEW, "legal_entity": entity.pk, "next": "/quotes/new/?x=1"}
    answer = as_rep.post(reverse("customers:new"), data)
    customer = Customer.objects.get()
    assert answer.url == f"/quotes/new/?x=1&customer={customer.pk}"
    assert customer.contacts.get().is_primary
    assert customer.addresses.get().city == "Kiel"


def test_an_onward_address_elsewhere_is_not_followed(as_rep, entity):
    data = {**NEW, "legal_entity": entity.pk, "next": "https://evil.example/"}
    answer = as_rep.post(reverse("customers:new"), data)
    assert answer.url == reverse("customers:detail", args=[Customer.objects.get().pk])


def test_mistakes_stand_beside_their_fields_and_nothing_is_kept(as_rep, entity):
    data = {**NEW, "legal_entity": entity.pk, "tax_id": "DE811569868"}
    answer = as_rep.post(reverse("customers:new"), data)
    assert answer.status_code == 422
    assert "do not add up" in answer.context["forms"].terms.errors["tax_id"][0]
    data |= {"billing-street": "", "contact-email": "ole"}
    answer = as_rep.post(reverse("customers:new"), data)
    assert "street" in answer.context["forms"].billing.errors
    assert "email" in answer.context["forms"].contact.errors
    assert not Customer.objects.exists()


def test_the_second_of_two_editors_sees_what_the_first_saved(as_rep, customer, rep):
    url = reverse("customers:edit", args=[customer.pk])
    form = as_rep.get(url).context["form"]
    edit_customer(customer.pk, {"payment_terms_days": 60}, seen=1, by=rep, at=NOON)
    data = {n: f.initial or "" for n, f in form.fields.items()} | {
        "legal_name": customer.legal_name, "email": customer.email, "tax_id": customer.tax_id,
        "legal_entity": customer.legal_entity_id, "currency": "EUR", "language": "en",
        "payment_terms_days": "10", "version": "1", "owner": "", "external_ref": "",
    }  # fmt: skip
    answer = as_rep.post(url, data)
    assert answer.status_code == 409
    assert answer.context["form"].errors["payment_terms_days"] == ["Now stored: 60"]
    customer.refresh_from_db()
    assert customer.payment_terms_days == 60
    again = as_rep.post(url, data | {"version": answer.context["form"].data["version"]})
    assert again.status_code == 302
    customer.refresh_from_db()
    assert customer.payment_terms_days == 10


def test_contacts_and_addresses_are_edited_on_pages_of_their_own(as_rep, customer):
    contact = customer.contacts.get()
    new = reverse("customers:contact_new", args=[customer.pk])
    assert as_rep.post(new, {"name": "Jan", "email": "jan@x.example"}).status_code == 302
    assert as_rep.post(new, {"name": "Jan", "email": "jan@x.example"}).status_code == 422
    edit = reverse("customers:contact_edit", args=[customer.pk, contact.pk])
    changed = {"name": "Ida V.", "email": contact.email, "is_primary": "on"}
    assert as_rep.post(edit, changed).status_code == 302
    address = reverse("customers:address", args=[customer.pk, "shipping"])
    assert as_rep.post(address, {"street": "A", "city": "B", "country": "FR"}).status_code == 302
    page = as_rep.get(reverse("customers:detail", args=[customer.pk])).content.decode()
    assert "Ida V." in page
    assert "<p>A<br> B<br>FR</p>" in page
    as_rep.post(reverse("customers:address_remove", args=[customer.pk]))
    as_rep.post(reverse("customers:contact_remove", args=[customer.pk, contact.pk]))
    assert [c.name for c in customer.contacts.all()] == ["Jan"]
    assert as_rep.get(reverse("customers:address", args=[customer.pk, "moon"])).status_code == 404


def test_another_customers_contact_is_not_found_here(as_rep, customer, draft, rep):
    from q2c.customers.actions import create_customer

    other = create_customer(draft(), by=rep, at=NOON)
    contact = other.contacts.get()
    url = reverse("customers:contact_edit", args=[customer.pk, contact.pk])
    assert as_rep.post(url, {"name": "X", "email": "x@y.example"}).status_code == 404


def test_a_portal_link_is_shown_once(as_rep, customer):
    url = reverse("customers:portal_link", args=[customer.pk])
    page = as_rep.post(url).content.decode()
    assert "/p/" in page
    assert "/p/" not in as_rep.get(reverse("customers:detail", args=[customer.pk])).content.decode()


def test_who_may_not_edit_sees_no_buttons_and_is_refused(client, customer, counsel):
    client.force_login(counsel)
    page = client.get(reverse("customers:detail", args=[customer.pk])).content.decode()
    assert reverse("customers:edit", args=[customer.pk]) not in page
    assert client.get(reverse("customers:new")).status_code == 403
    assert client.post(reverse("customers:portal_link", args=[customer.pk])).status_code == 403


def test_administrators_keep_the_legal_entities(client, entity, admin, rep):
    client.force_login(rep)
    assert client.get(reverse("customers:legal_entities")).status_code == 403
    client.force_login(admin)
    assert (
        "Torstraße"
        in client.get(reverse("customers:legal_entity", args=[entity.pk])).content.decode()
    )
    names = (
        "name",
        "street",
        "postal_code",
        "city",
        "country",
        "tax_id",
        "email",
        "time_zone",
        "tax_rounding",
    )
    data = {name: getattr(entity, name) for name in names} | {"name": "Brightline SE"}
    url = reverse("customers:legal_entity", args=[entity.pk])
    assert client.post(url, data | {"tax_id": "DE1"}).status_code == 422
    assert client.post(url, data).status_code == 302
    assert LegalEntity.objects.get().name == "Brightline SE"
