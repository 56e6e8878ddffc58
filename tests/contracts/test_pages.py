"""The contract's pages: what each role sees and does, and the customer's private view."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from contracts.actions import approve_contract
from contracts.models import Contract, ContractPolicy, ContractTemplate
from q2c.customers.models import PortalLink
from q2c.customers.portal import make_link, revoke_links
from q2c.identity.models import User
from q2c.identity.roles import Role
from q2c.infra.models import Mail
from tests.contracts.factories import AT, CLAUSES, a_template, an_english_clause, sign
from tests.support.queries import assert_constant, queries_of

EVERYBODY = set(Role)
EDITORS = {Role.SALES_MANAGER, Role.LEGAL, Role.FINANCE_MANAGER, Role.ADMINISTRATOR}


def at(name, *args):
    return reverse(f"contracts:{name}", args=args)


def browser_of(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def as_role(db):
    """`as_role(Role.LEGAL)` is a browser of somebody else in that role."""

    def as_role(role):
        name = f"other {role.value}"
        user, _ = User.objects.get_or_create(
            email=f"{role.value}@brightline.example",
            defaults={"full_name": name, "role": role.value},
        )
        return browser_of(user)

    return as_role


# Who may


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize(
    ("page", "may"),
    [
        ("list", EVERYBODY),
        ("templates", EDITORS),
        ("template_new", EDITORS),
        ("policies", {Role.ADMINISTRATOR}),
        ("policy_new", {Role.ADMINISTRATOR}),
    ],
)
def test_who_may_open_a_page(as_role, template, role, page, may):
    assert as_role(role).get(at(page)).status_code == (200 if role in may else 403)


def test_who_reads_a_contract_that_is_not_their_own(as_role, signed):
    for role in Role:
        expected = 404 if role == Role.SALES_REP else 200
        for page in ("detail", "pdf"):
            assert as_role(role).get(at(page, signed.pk)).status_code == expected, (role, page)
        listed = signed.number.encode() in as_role(role).get(at("list")).content
        assert listed is (role != Role.SALES_REP), role


@pytest.mark.parametrize("role", Role)
def test_who_may_change_templates_and_policies(as_role, template, role):
    policy = ContractPolicy.objects.create(name="One", currency="EUR", legal_from_months=24)
    client = as_role(role)
    opened = 200 if role in EDITORS else 403
    assert client.get(at("template", template.pk)).status_code == opened
    data = {"name": "One", "currency": "EUR", "legal_from_months": 12}
    saved = client.post(at("policy", policy.pk), data).status_code
    policy.refresh_from_db()
    if role == Role.ADMINISTRATOR:
        assert (saved, policy.legal_from_months) == (302, 12)
    else:
        assert (saved, policy.legal_from_months) == (403, 24)


def test_the_owner_and_their_manager_read_it_but_not_a_colleague(contract, rep, rep2, manager):
    assert browser_of(rep).get(at("detail", contract.pk)).status_code == 200
    assert browser_of(rep2).get(at("detail", contract.pk)).status_code == 404
    User.objects.filter(pk=rep.pk).update(manager=rep2)
    assert browser_of(rep2).get(at("detail", contract.pk)).status_code == 200


def test_a_visitor_signs_in_first(client, contract):
    for address in (at("list"), at("detail", contract.pk), at("policies")):
        answer = client.get(address)
        assert answer.status_code == 302
        assert "/sign-in/" in answer["Location"]


def test_posts_by_those_who_may_not_change_nothing(contract, rep, rep2, legal, fresh):
    acts = [
        ("approve", contract.pk, "finance"),
        ("refuse", contract.pk, "finance"),
        ("countersign", contract.pk),
        ("refuse_countersignature", contract.pk),
        ("terminate", contract.pk),
    ]
    data = {"comment": "x", "on": "2027-05-01", "reason": "x"}
    for person in (rep, rep2):
        client = browser_of(person)
        assert {client.post(at(*act), data).status_code for act in acts} <= {403, 404}
    assert browser_of(legal).post(at(*acts[0]), data).status_code == 403
    assert fresh(contract).state == "in_approval"


# The way through the pages


def test_an_empty_list_says_how_contracts_come_about(as_role):
    assert b"No contracts yet" in as_role(Role.FINANCE).get(at("list")).content


def test_the_list_counts_by_state_and_finds_by_words(as_role, contract, make_contract, cfo):
    signed = sign(make_contract(title="Warehouse"), by=cfo)
    client = as_role(Role.FINANCE)
    page = client.get(at("list"))
    tabs = {tab["label"]: (tab["count"], tab.get("total")) for tab in page.context["tabs"]}
    assert tabs["All"] == (2, None)
    assert tabs["In approval"] == tabs["Signed"] == (1, "1,200.00 EUR")
    for query in ({"state": "signed"}, {"q": "ware nordlicht"}, {"q": signed.number}):
        rows = client.get(at("list"), query).context["page"].rows
        assert [row.pk for row in rows] == [signed.pk]
    assert b"No contract matches" in client.get(at("list"), {"q": "nobody"}).content


@pytest.mark.parametrize(
    "query", ["q=%00", "customer=99999999999999999999", "state=%00", "after=x"]
)
def test_nonsense_in_the_address_is_no_error_of_ours(as_role, contract, query):
    for client in (as_role(Role.FINANCE), Client()):
        assert client.get(f"{at('list')}?{query}").status_code in (200, 302, 422)


def test_finance_approves_and_the_manager_countersigns_on_the_page(contract, finance, cfo, fresh):
    client = browser_of(finance)
    assert contract.number.encode() in client.get("/").content  # the home card
    assert b"Approve for finance" in client.get(at("detail", contract.pk)).content
    page = client.post(at("approve", contract.pk, "finance"), {"comment": "Fine"}, follow=True)
    assert f"You approved {contract.number} for finance." in page.content.decode()
    client = browser_of(cfo)
    assert b"Countersign this contract?" in client.get(at("detail", contract.pk)).content
    page = client.post(at("countersign", contract.pk), follow=True).content.decode()
    assert f"{contract.number} is signed." in page
    assert "Text hash" in page
    assert fresh(contract).countersigned_by == cfo


def test_the_owner_sees_no_buttons_for_their_own_contract(make_contract, admin):
    page = browser_of(admin).get(at("detail", make_contract(owner=admin).pk)).content.decode()
    assert "Nobody approves their own contract." in page
    assert "Approve for finance" not in page


def test_a_refusal_without_a_reason_stays_on_the_page_in_words(contract, finance, fresh):
    client = browser_of(finance)
    answer = client.post(at("refuse", contract.pk, "finance"), {"comment": " "})
    assert answer.status_code == 422
    assert b"Say why the contract is refused." in answer.content
    client.post(at("refuse", contract.pk, "finance"), {"comment": "Too risky"})
    page = client.get(at("detail", contract.pk)).content.decode()
    assert "Too risky" in page
    assert fresh(contract).state == "refused"


def test_the_countersigner_refuses_on_the_page(contract, finance, cfo, fresh):
    approve_contract(contract.pk, desk="finance", by=finance, at=AT)
    client = browser_of(cfo)
    assert b"Refuse this contract?" in client.get(at("detail", contract.pk)).content
    answer = client.post(at("refuse_countersignature", contract.pk), {"comment": " "})
    assert answer.status_code == 422
    assert b"Say why the contract is refused." in answer.content
    given = {"comment": "No liability cap"}
    page = client.post(at("refuse_countersignature", contract.pk), given, follow=True)
    for words in (f"You refused {contract.number}. Its owner is told.", "No liability cap"):
        assert words in page.content.decode()
    assert [step["label"] for step in page.context["steps"]][1:3] == ["Approval", "Refused"]
    assert b"Refuse this contract?" not in page.content
    assert fresh(contract).state == "refused"


def test_countersigning_too_early_is_explained(contract, finance, fresh):
    answer = browser_of(finance).post(at("countersign", contract.pk))
    assert answer.status_code == 422
    assert b"You cannot countersign while in approval." in answer.content


def test_a_contract_is_terminated_on_its_page(signed, manager, fresh):
    client = browser_of(manager)
    for data, words in (
        ({"on": "", "reason": "x"}, "This field is required."),
        ({"on": "1027-01-01", "reason": "x"}, "Choose a date between 2000 and 2100."),
        ({"on": "2026-01-01", "reason": "x"}, "cannot end before it starts"),
    ):
        answer = client.post(at("terminate", signed.pk), data)
        assert answer.status_code == 422
        assert words in answer.content.decode()
    data = {"on": "2027-05-01", "reason": "Moved away"}
    page = client.post(at("terminate", signed.pk), data, follow=True).content.decode()
    assert "1 May 2027 is the first day without it." in page
    assert fresh(signed).terminated_on == date(2027, 5, 1)


def test_the_signed_pdf_is_served_byte_for_byte(contract, cfo, legal):
    client = browser_of(legal)
    assert client.get(at("pdf", contract.pk)).status_code == 404
    kept = sign(contract, by=cfo).signed_document
    answer = client.get(at("pdf", contract.pk))
    assert answer.content == bytes(kept.content)
    assert answer["Content-Type"] == "application/pdf"


def form_of(*places, **fields):
    """What the form of a template sends: each place as (clause, when, version)."""
    data = {"clauses-TOTAL_FORMS": len(places), "clauses-INITIAL_FORMS": 0, **fields}
    for n, place in enumerate(places):
        for name, value in zip(("clause", "when", "version"), place, strict=False):
            data[f"clauses-{n}-{name}"] = value
        data[f"clauses-{n}-ORDER"] = len(places) - n  # from the last to the first
    return data


def test_legal_makes_a_template_of_clauses_and_hears_what_is_wrong_with_it(legal):
    client, law = browser_of(legal), an_english_clause("Law")
    term = an_english_clause("Term")
    head = {"name": "Standard", "language": "de", "is_default": "on"}
    answer = client.post(at("template_new"), form_of((law.pk,), (term.pk, "goods"), **head))
    assert answer.status_code == 422
    assert "has no German text. Add one in the library first." in answer.content.decode()
    data = form_of((law.pk,), (term.pk, "goods", 1), **{**head, "language": "en"})
    page = client.post(at("template_new"), data, follow=True).content.decode()
    assert "Standard is saved as version 1." in page
    places = ContractTemplate.objects.get().places
    assert list(places.values_list("clause__name", "when", "pinned__number")) == [
        ("Term", "goods", 1),
        ("Law", "", None),
    ]


def test_a_policy_without_a_limit_is_refused_at_its_field(admin):
    answer = browser_of(admin).post(at("policy_new"), {"name": "Empty", "currency": "EUR"})
    assert answer.status_code == 422
    assert "legal_from_total" in answer.context["form"].errors
    assert not ContractPolicy.objects.exists()


# No page asks more as the rows grow


def test_the_list_and_the_home_page_ask_as_often_for_twelve_as_for_two(
    as_role, make_contract, customer
):
    client = as_role(Role.FINANCE)
    for _ in range(2):
        make_contract()

    def ten_more():
        for _ in range(10):
            make_contract()

    before = Contract.objects.count()
    assert_constant(client, at("list"), ten_more)
    assert_constant(client, at("customer_panel", customer.pk), ten_more)
    assert_constant(client, "/", ten_more)
    assert Contract.objects.count() == before + 30


def test_a_contract_asks_as_often_for_many_lines_clauses_and_words(as_role, make_contract, admin):
    small = sign(make_contract(), by=admin)
    client = as_role(Role.FINANCE)
    ContractTemplate.objects.update(is_default=False)
    a_template(clauses=CLAUSES * 6)
    ContractPolicy.objects.create(name="All", currency="EUR", legal_from_total=0)
    large = sign(make_contract(lines=[("SUP", n) for n in range(1, 13)]), by=admin)
    counts = [queries_of(client, at("detail", one.pk)) for one in (small, large)]
    assert counts[0] == counts[1]


def test_settings_pages_ask_as_often_for_twelve_as_for_two(admin, template):
    client = browser_of(admin)

    def more():
        ContractPolicy.objects.bulk_create(
            [
                ContractPolicy(name=f"P{n}", currency="EUR", legal_from_months=n + 1)
                for n in range(10)
            ]
        )
        for n in range(10):
            a_template(name=f"T{n}", is_default=False)

    ContractPolicy.objects.create(name="One", currency="EUR", legal_from_months=24)
    assert_constant(client, at("policies"), more)
    ContractTemplate.objects.filter(is_default=False).delete()
    ContractPolicy.objects.exclude(name="One").delete()
    assert_constant(client, at("templates"), more)


# The customer's page


def a_link(contract, *, customer=None, contact=None, made=timedelta(0), days=5):
    """The address of a private link to a contract, made some time ago."""
    now = timezone.now() - made
    url = make_link(
        PortalLink.CONTRACT, customer_id=(customer or contract.customer).pk,
        document_id=contract.pk, contact=contact, by=None, at=now,
        expires_at=now + timedelta(days=days),
    )  # fmt: skip
    return "/p/" + url.rpartition("/")[2]


def test_the_customer_opens_the_contract_by_the_link_alone(client, signed):
    assert client.get(at("portal_contract", signed.pk)).status_code == 404
    answer = client.get(a_link(signed))
    assert answer["Location"] == at("portal_contract", signed.pk)
    page = client.get(answer["Location"])
    text = page.content.decode()
    for words in ("Signed by both sides.", "1,200.00 EUR", "31 Dec 2027", "Support", "Parties"):
        assert words in text
    assert "1 Dec 2027" in text  # the last day to give notice
    assert page["Referrer-Policy"] == "same-origin"
    assert "no-store" in page["Cache-Control"]
    document = client.get(at("portal_pdf", signed.pk))
    assert document.content == bytes(signed.signed_document.content)


def test_before_it_is_signed_the_customer_reads_that_it_is_being_checked(client, contract):
    client.get(a_link(contract))
    assert b"Being checked." in client.get(at("portal_contract", contract.pk)).content
    assert client.get(at("portal_pdf", contract.pk)).status_code == 404


def test_a_link_opens_its_own_contract_and_no_other(client, contract, make_contract):
    other = make_contract()
    client.get(a_link(contract))
    assert client.get(at("portal_contract", contract.pk)).status_code == 200
    for page in ("portal_contract", "portal_pdf"):
        assert client.get(at(page, other.pk)).status_code == 404
        assert client.get(at(page, 999_999)).status_code == 404


def test_a_link_of_another_customer_to_this_contract_opens_nothing(client, signed, customer):
    stranger = type(customer).objects.get(pk=customer.pk)
    stranger.pk, stranger.number = None, "CU-99999"
    stranger.save(force_insert=True)
    client.get(a_link(signed, customer=stranger))
    assert client.get(at("portal_contract", signed.pk)).status_code == 404
    assert client.get(at("portal_pdf", signed.pk)).status_code == 404


def test_the_portal_never_opens_the_staff_pages(client, signed):
    client.get(a_link(signed))
    assert client.get(at("detail", signed.pk)).status_code == 302


def test_a_revoked_link_closes_the_page_at_once_and_is_explained(client, signed):
    link = a_link(signed)
    client.get(link)
    assert revoke_links(PortalLink.CONTRACT, signed.pk, at=timezone.now()) == 1
    assert client.get(at("portal_contract", signed.pk)).status_code == 404
    answer = client.get(link)
    assert answer.status_code == 404
    assert b"This link no longer works" in answer.content


@pytest.mark.parametrize("token", ["expired", "unknown"])
def test_an_expired_and_an_unknown_link_are_explained_alike(client, signed, token):
    expired = a_link(signed, made=timedelta(days=9), days=3)
    answer = client.get(expired if token == "expired" else "/p/" + "x" * 43)
    assert answer.status_code == 404
    assert b"This link no longer works" in answer.content
    assert b"Send me a new link" in answer.content


def test_a_fresh_link_is_mailed_to_the_contact_on_file(client, signed, contact):
    a_link(signed, contact=contact, made=timedelta(days=9), days=3)
    client.post(reverse("portal:ask_again"), {"email": "ida@nordlicht.example"})
    mail = Mail.objects.get(to="ida@nordlicht.example")
    answer = client.get("/p/" + mail.text.partition("/p/")[2].split()[0])
    assert answer["Location"] == at("portal_contract", signed.pk)


def test_a_terminated_contract_says_so_to_the_customer(client, signed, manager):
    link = a_link(signed)
    data = {"on": "2027-05-01", "reason": "Moved away"}
    browser_of(manager).post(at("terminate", signed.pk), data)
    client.get(link)
    page = client.get(at("portal_contract", signed.pk)).content.decode()
    assert "The first day without this contract is 1 May 2027" in page
    assert "Moved away" not in page
