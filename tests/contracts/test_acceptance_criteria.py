"""A21: an edited clause reaches templates and new contracts, never one that exists.

Mandatory clauses are swapped by their approver alone. Through actions, pages and the API.
"""

import re

import pytest
from django.test import Client
from django.urls import reverse

from contracts.actions import ClauseDraft, save_clause
from contracts.documents import contract_pdf
from contracts.models import Clause, Contract
from quotes.queries import accepted_quote
from tests.api.conftest import api_for  # noqa: F401
from tests.contracts.factories import AT, a_clause, sign

NEW_WORDS = "From {{ starts_on }}, as the new law has it."


def browser_of(user):
    client = Client()
    client.force_login(user)
    return client


def page_of(contract, user):
    """The contract's text as its page shows it."""
    answer = browser_of(user).get(reverse("contracts:detail", args=[contract.pk]))
    shown = re.search(
        r'<section class="card prose" id="text">.*?</section>', answer.text, re.DOTALL
    )
    return re.sub(r"\s+", " ", shown[0])


@pytest.fixture
def liability(template):
    """The clause “Renewal” as a mandatory one, guarded by the role legal, with an alternate."""
    main = Clause.objects.get(name="Renewal")
    Clause.objects.filter(pk=main.pk).update(is_mandatory=True, approver_role="legal")
    text = {"en": {"title": "Renewal", "body": "It ends unless both sides agree."}}
    return a_clause(text, name="No renewal", alternate_of=main)


def test_a21_in_flight_and_signed_contracts_stay_byte_for_byte(
    make_contract,
    cfo,
    legal,
    api_for,  # noqa: F811
):
    in_flight, signed = make_contract(), sign(make_contract(), by=cfo)
    program = api_for(legal, "contracts:read")

    def everything(contract):
        contract = Contract.objects.select_related("customer", "legal_entity").get(pk=contract.pk)
        path = f"contracts/{contract.pk}"
        quote = accepted_quote(contract.quote_id)
        return (
            contract.body,
            contract.content_hash,
            page_of(contract, legal),
            program.get(path).json(),
            program.get(f"{path}/pdf").content if contract.signed_document else b"",
            contract_pdf(contract, quote, signer=cfo, at=AT),
        )

    before = [everything(one) for one in (in_flight, signed)]
    term = Clause.objects.get(name="Term")
    draft = ClauseDraft(
        name="Term",
        reason="The law changed.",
        texts={"en": {"title": "Duration", "body": NEW_WORDS}},
    )
    save_clause(term.pk, draft, by=legal, at=AT)
    assert [everything(one) for one in (in_flight, signed)] == before
    # What is signed now says what it said when it was drawn up; what is drawn up now, the new words.
    text = "From 1 Jan 2027, as the new law has it."
    drawn_up_now = make_contract()
    assert {"title": "Duration", "body": text} in drawn_up_now.body
    assert text in page_of(drawn_up_now, legal)
    assert sign(in_flight, by=cfo).body == before[0][0]
    template = browser_of(legal).get(reverse("contracts:template", args=[in_flight.template_id]))
    assert NEW_WORDS in template.text


def test_a21_a_mandatory_clause_is_swapped_by_its_approver_alone(
    liability,
    contract,
    finance,
    manager,
    admin,
    legal,
    fresh,
    api_for,  # noqa: F811
):
    place = contract.clauses.get(standard__clause__name="Renewal")
    page = reverse("contracts:swap", args=[contract.pk, place.position])
    path = f"contracts/{contract.pk}/swap-clause"
    words = "“Renewal” is mandatory: only the role Legal may swap it or leave it out."
    for person in (finance, manager, admin):
        for chosen in (liability.pk, None):
            answer = browser_of(person).post(page, {"clause": chosen or "none", "reason": "x"})
            assert (answer.status_code, words in answer.text) == (403, True), person
            body = {"position": place.position, "clause_id": chosen, "reason": "x"}
            answer = api_for(person, "contracts:write").post(path, body)
            assert (answer.status_code, answer.json()["detail"]) == (403, words), person
    assert fresh(contract).body == contract.body
    body = {"position": place.position, "clause_id": liability.pk, "reason": "They insist."}
    answer = api_for(legal, "contracts:write", "contracts:read").post(path, body)
    assert answer.status_code == 200
    used = {"clause_id": liability.pk, "number": 1}
    assert answer.json()["clauses"][place.position]["used"] == used
    assert "It ends unless both sides agree." in page_of(contract, finance)
