from datetime import timedelta

import pytest

from q2c.customers.actions import (
    AddressDraft,
    ContactDraft,
    add_contact,
    bring_in_customers,
    create_customer,
    create_legal_entity,
    edit_contact,
    edit_customer,
    edit_legal_entity,
    remove_contact,
    remove_shipping_address,
    set_address,
)
from q2c.customers.models import Address, Contact, Customer, PortalLink
from q2c.customers.portal import find_link, make_link
from q2c.customers.queries import billing_party, find_customers, shipping_address
from q2c.infra.bus import history
from q2c.kernel.errors import NotAllowed, Refused, StaleVersion
from tests.customers.conftest import NOON

VIENNA = AddressDraft(street="Ring 1", postal_code="1010", city="Wien", country="at")


def test_a_customer_comes_with_number_addresses_contacts_and_history(draft, rep):
    customer = create_customer(draft(shipping=VIENNA), by=rep, at=NOON)
    assert customer.number == "C-000001"
    assert customer.tax_id == "DE811569869"
    assert {a.kind: a.country for a in customer.addresses.all()} == {
        "billing": "DE",
        "shipping": "AT",
    }
    assert [(c.name, c.is_primary) for c in customer.contacts.all()] == [("Ida Voss", True)]
    event = history("customer", customer.pk).get()
    assert (event.name, event.actor) == ("CustomerCreated", rep)


def test_numbers_follow_one_another_and_a_refusal_leaves_no_gap(draft, rep):
    create_customer(draft(), by=rep, at=NOON)
    with pytest.raises(Refused):
        create_customer(draft(currency="XYQ"), by=rep, at=NOON)
    assert create_customer(draft(), by=rep, at=NOON).number == "C-000002"


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"legal_name": "  "}, "legal_name", "legal name"),
        ({"email": "nobody"}, "email", "not an e-mail address"),
        ({"currency": "EURO"}, "currency", "not a currency"),
        ({"payment_terms_days": 366}, "payment_terms_days", "0 to 365"),
        ({"language": "tlh"}, "language", "languages en, de, fr, es"),
        ({"tax_id": "DE811569868"}, "tax_id", "do not add up"),
        ({"tax_id": "DE1"}, "tax_id", "too long or too short"),
        ({"legal_entity_id": 0}, "legal_entity", "legal entity"),
        ({"billing": AddressDraft(street="", city="X", country="DE")}, "street", "street"),
        ({"billing": AddressDraft(street="X", city="X", country="EU")}, "country", "country code"),
    ],
)
def test_a_bad_field_is_named_and_nothing_is_created(draft, rep, changes, field, words):
    with pytest.raises(Refused, match=words) as refusal:
        create_customer(draft(**changes), by=rep, at=NOON)
    assert refusal.value.field == field
    assert not Customer.objects.exists()


@pytest.mark.parametrize(
    ("country", "given", "kept"),
    [
        ("DE", "811569869", "DE811569869"),
        ("DE", " de 811 569 869 ", "DE811569869"),
        ("AT", "DE811569869", "DE811569869"),
        ("GR", "094259216", "EL094259216"),
        ("US", "94-1234567", "941234567"),
        ("GB", "GB 980 7806 84", "980780684"),
        ("PA", "155-1-2", "155-1-2"),
    ],
)
def test_tax_ids_are_kept_as_their_country_writes_them(draft, rep, country, given, kept):
    billing = AddressDraft(street="1", city="X", country=country)
    customer = create_customer(draft(billing=billing, tax_id=given), by=rep, at=NOON)
    assert customer.tax_id == kept


def test_only_who_may_edits_customers(draft, customer, counsel):
    with pytest.raises(NotAllowed, match="Ask: sales rep"):
        create_customer(draft(), by=counsel, at=NOON)
    with pytest.raises(NotAllowed):
        edit_customer(customer.pk, {"language": "de"}, seen=None, by=counsel, at=NOON)
    assert Customer.objects.count() == 1


def test_two_people_cannot_overwrite_each_other(customer, rep):
    edit_customer(customer.pk, {"payment_terms_days": 14}, seen=1, by=rep, at=NOON)
    with pytest.raises(StaleVersion):
        edit_customer(customer.pk, {"payment_terms_days": 60}, seen=1, by=rep, at=NOON)
    customer.refresh_from_db()
    assert (customer.payment_terms_days, customer.version) == (14, 2)
    assert history("customer", customer.pk)[0].changes == {"payment_terms_days": [30, 14]}


def test_the_history_names_people_not_their_ids(customer, rep, admin):
    edit_customer(customer.pk, {"owner_id": admin.pk}, seen=None, by=rep, at=NOON)
    assert history("customer", customer.pk)[0].changes == {"owner": [None, "alex"]}


def test_saving_what_stands_there_makes_no_version(customer, rep):
    edit_customer(customer.pk, {"language": "en"}, seen=1, by=rep, at=NOON)
    customer.refresh_from_db()
    assert customer.version == 1
    assert history("customer", customer.pk).count() == 1


def test_a_reference_belongs_to_one_customer(draft, rep):
    create_customer(draft(external_ref="A-1"), by=rep, at=NOON)
    with pytest.raises(Refused, match="C-000001 Nordlicht Solar AG has the reference A-1"):
        create_customer(draft(external_ref="A-1"), by=rep, at=NOON)


def test_the_billing_address_must_suit_the_tax_id(customer, rep):
    panama = AddressDraft(street="Calle 1", city="Panamá", country="US")
    with pytest.raises(Refused, match="United States"):
        set_address(customer.pk, Address.BILLING, panama, by=rep, at=NOON)
    assert customer.addresses.get().country == "DE"


def test_goods_go_to_the_shipping_address_while_there_is_one(customer, rep):
    set_address(customer.pk, Address.SHIPPING, VIENNA, by=rep, at=NOON)
    assert shipping_address(customer.pk)["city"] == "Wien"
    remove_shipping_address(customer.pk, by=rep, at=NOON)
    assert shipping_address(customer.pk)["city"] == "Hamburg"
    with pytest.raises(Refused, match="no shipping address"):
        remove_shipping_address(customer.pk, by=rep, at=NOON)


def test_there_is_always_one_primary_contact(customer, rep):
    jan = ContactDraft(name="Jan", email="jan@nordlicht.example", is_primary=True)
    jan_row = add_contact(customer.pk, jan, by=rep, at=NOON)
    assert [c.name for c in customer.contacts.filter(is_primary=True)] == ["Jan"]
    with pytest.raises(Refused, match="somebody else the primary"):
        edit_contact(
            jan_row.pk, ContactDraft(name="Jan", email="jan@nordlicht.example"), by=rep, at=NOON
        )
    remove_contact(jan_row.pk, by=rep, at=NOON)
    assert [c.name for c in customer.contacts.filter(is_primary=True)] == ["Ida Voss"]


def test_two_contacts_do_not_share_an_address(customer, rep):
    twin = ContactDraft(name="Twin", email="IDA@nordlicht.example")
    with pytest.raises(Refused, match="Ida Voss has this e-mail address") as refusal:
        add_contact(customer.pk, twin, by=rep, at=NOON)
    assert refusal.value.field == "email"


def test_removing_a_contact_kills_their_links(customer, rep):
    contact = customer.contacts.get()
    url = make_link(
        PortalLink.ACCOUNT, customer_id=customer.pk, document_id=customer.pk, contact=contact,
        by=rep, at=NOON, expires_at=NOON + timedelta(days=30),
    )  # fmt: skip
    token = url.rpartition("/")[2]
    assert find_link(token, at=NOON)
    remove_contact(contact.pk, by=rep, at=NOON)
    assert find_link(token, at=NOON + timedelta(seconds=1)) is None


def test_parties_are_read_by_set(customer, draft, rep, django_assert_num_queries):
    other = create_customer(draft(tax_exempt=True, tax_id=""), by=rep, at=NOON)
    with django_assert_num_queries(1):
        parties = billing_party([customer.pk, other.pk])
    assert parties[customer.pk].city == "Hamburg"
    assert parties[customer.pk].tax_id == "DE811569869"
    assert parties[other.pk].tax_exempt is True


def test_customers_brought_in_twice_are_the_same_customers(
    draft, rep, django_assert_max_num_queries
):
    drafts = [draft(external_ref=f"T-{n}", legal_name=f"Subscriber {n}") for n in range(50)]
    with django_assert_max_num_queries(16):
        ids = bring_in_customers(drafts, by=rep, at=NOON)
    more = [*drafts, draft(external_ref="T-50", legal_name="Tab\tand\\slash")]
    again = bring_in_customers(more, by=rep, at=NOON)
    assert again[:50] == ids
    assert Customer.objects.count() == 51
    assert Customer.objects.get(external_ref="T-50").legal_name == "Tab\tand\\slash"
    assert max(Customer.objects.values_list("number", flat=True)) == "C-000051"
    assert Address.objects.count() == Contact.objects.filter(is_primary=True).count() == 51
    assert history("customer", ids[7]).get().name == "CustomersBroughtIn"


def test_one_bad_row_refuses_the_set(draft, rep):
    with pytest.raises(Refused, match=r"T-2: .*currency"):
        bring_in_customers(
            [draft(external_ref="T-1"), draft(external_ref="T-2", currency="??")], by=rep, at=NOON
        )
    assert not Customer.objects.exists()


def test_search_finds_by_name_number_and_tax_id(customer):
    for text in ("nord", "solar nordlicht", "C-000001", "8115698"):
        assert find_customers(text) == [customer]
    assert find_customers("nobody") == []


def test_a_legal_entity_keeps_code_and_currency(entity, admin, rep):
    with pytest.raises(NotAllowed):
        edit_legal_entity(entity.pk, {"name": "Other"}, by=rep, at=NOON)
    with pytest.raises(Refused, match="not a valid IBAN"):
        edit_legal_entity(entity.pk, {"iban": "DE00"}, by=admin, at=NOON)
    with pytest.raises(Refused, match="currency of the books stays"):
        edit_legal_entity(entity.pk, {"currency": "USD"}, by=admin, at=NOON)
    changed = edit_legal_entity(
        entity.pk, {"iban": "DE89 3704 0044 0532 0130 00"}, by=admin, at=NOON
    )
    assert changed.iban == "DE89370400440532013000"
    values = {**{n: getattr(changed, n) for n in ("name", "street", "postal_code", "city")},
              "country": "US", "tax_id": "94-1234567", "email": "a@b.example", "currency": "USD",
              "time_zone": "America/New_York", "code": "US"}  # fmt: skip
    assert create_legal_entity(values, by=admin, at=NOON).code == "US"
    with pytest.raises(Refused, match="has this code"):
        create_legal_entity(values, by=admin, at=NOON)
