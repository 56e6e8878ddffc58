"""A text that deviates is read and signed by the customer before we sign it."""

import re
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from contracts.actions import (
    accept_text,
    approve_contract,
    countersign_contract,
    decline_text,
    send_text,
)
from contracts.models import TextAcceptance
from contracts.queries import to_countersign
from contracts.queries.final_text import awaiting_customer, awaits_customer, consent_to_text
from q2c.customers.models import PortalLink
from q2c.customers.portal import make_link
from q2c.infra.models import Mail
from q2c.kernel.errors import NotAllowed, Refused
from quotes.actions import Signature
from quotes.queries import evidence_of
from tests.api.conftest import api_for  # noqa: F401
from tests.api.test_path import ok
from tests.contracts.factories import AT
from tests.contracts.test_swapping import swap, template  # noqa: F401

LATER = AT + timedelta(hours=2)
SECRET = re.compile(r"/p/([A-Za-z0-9_-]{20,})")


@pytest.fixture
def waiting(contract, finance, legal, fresh):
    """Payment was swapped and liability left out; both desks approved that."""
    swap(contract, "Payment", "Other Payment", by=legal)
    swap(contract, "Liability", None, by=legal, reason="Insured already.")
    for desk, by in (("finance", finance), ("legal", legal)):
        approve_contract(contract.pk, desk=desk, by=by, at=AT)
    return fresh(contract)


def at(name, contract):
    return reverse(f"contracts:portal_{name}", args=[contract.pk])


def entering(mail):
    client = Client()
    client.get("/p/" + SECRET.search(mail.text)[1])
    return client


def asked(deliver):
    """The mails by which somebody is asked to sign, newest last."""
    return [mail for mail in deliver() if mail.cause.startswith("contract_text:")]


def signature(contract, **changes):
    values = {
        "name": "Ida Voss", "kind": "typed", "image": "Ida Voss", "ip": "127.0.0.1",
        "consent": consent_to_text(contract), "content_hash": contract.content_hash,
    }  # fmt: skip
    return Signature(**{**values, **changes})


def signs(client, contract, **changes):
    given = {
        "name": "Ida Voss", "signature_kind": "typed", "signature": "Ida Voss", "consent": "1",
        "content_hash": contract.content_hash,
    }  # fmt: skip
    return client.post(at("accept", contract), {**given, **changes})


def test_a_text_that_deviates_is_not_countersigned_before_the_customer_signed_it(
    waiting, cfo, fresh, deliver
):
    assert awaits_customer(waiting)
    assert set(awaiting_customer(type(waiting).objects.all())) == {waiting}
    assert waiting not in to_countersign(cfo)
    with pytest.raises(Refused, match="the customer has yet to sign it"):
        countersign_contract(waiting.pk, by=cfo, at=AT)
    assert not [m for m in deliver() if m.cause.startswith("contract_to_countersign")]
    accept_text(waiting.pk, signature(waiting), by=None, at=LATER)
    assert waiting in to_countersign(cfo)
    assert {m.to for m in deliver() if m.cause.startswith("contract_to_countersign")} >= {cfo.email}
    signed = countersign_contract(waiting.pk, by=cfo, at=LATER)
    assert (signed.state, awaits_customer(signed)) == ("signed", False)


def test_the_text_that_the_offer_brought_needs_no_second_signature(contract, finance, cfo, fresh):
    approve_contract(contract.pk, desk="finance", by=finance, at=AT)
    assert not awaits_customer(fresh(contract))
    assert fresh(contract).text_document is None
    assert countersign_contract(contract.pk, by=cfo, at=AT).state == "signed"


def test_the_customer_reads_what_differs_signs_exactly_that_and_both_are_proven(
    waiting, cfo, deliver, fresh
):
    [mail] = asked(deliver)
    assert (mail.to, mail.attachments.get().blob_id) == (
        "ida@nordlicht.example", waiting.text_document_id,
    )  # fmt: skip
    client = entering(mail)
    page = client.get(at("contract", waiting)).content.decode()
    for words in ("Please read and sign.", "<ins>", "left out", "Up to the charges of a year."):
        assert words in page
    document = client.get(at("text", waiting))
    assert document.content == bytes(waiting.text_document.content)
    assert waiting.text_document_id in page  # the sentence names the bytes
    assert signs(client, waiting).status_code == 302
    assert "Signed by you." in client.get(at("contract", waiting)).content.decode()
    acceptance = TextAcceptance.objects.get()
    assert (acceptance.document_id, acceptance.content_hash) == (
        waiting.text_document_id, waiting.content_hash,
    )  # fmt: skip
    countersign_contract(waiting.pk, by=cfo, at=LATER)
    certificate = evidence_of(waiting.quote_id)
    assert [event.words for event in certificate.events] == [
        "The contract was drawn up",
        "The final text of the contract was sent to Ida Voss <ida@nordlicht.example>",
        "The final text was opened",
        "The final text was signed by the customer",
        "The contract was countersigned",
    ]
    assert certificate.is_verified
    text, signed = certificate.documents
    assert [event.number for event in text.events] == [2, 3, 4]
    assert (signed.sha256, len(signed.events)) == (fresh(waiting).signed_document_id, 1)
    final = next(m for m in deliver() if m.cause.startswith("contract_signed"))
    assert [one.name[-15:] for one in final.attachments.order_by("pk")] == [
        f"{waiting.number}.pdf"[-15:], "certificate.pdf",
    ]  # fmt: skip
    theirs = client.get(at("certificate", waiting))
    assert theirs.content.startswith(b"%PDF-")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"content_hash": "0" * 64}, "not the one you were shown"),
        ({"consent": ""}, "tick the box"),
        ({"name": " ", "signature": ""}, "Type your full name"),
        ({"signature_kind": "drawn", "signature": "no picture"}, "Draw your signature"),
    ],
)
def test_a_signature_that_is_none_signs_nothing(waiting, deliver, wrong, words):
    answer = signs(entering(asked(deliver)[0]), waiting, **wrong)
    assert (answer.status_code, words in answer.content.decode()) == (422, True)
    assert not TextAcceptance.objects.exists()


def test_signing_twice_changes_nothing_and_somebody_else_is_told(waiting):
    for minute in (0, 1):
        accept_text(waiting.pk, signature(waiting), by=None, at=AT + timedelta(minutes=minute))
    assert TextAcceptance.objects.get().accepted_at == AT
    with pytest.raises(Refused, match="Ida Voss has signed this text already"):
        accept_text(waiting.pk, signature(waiting, name="Bo"), by=None, at=LATER)
    with pytest.raises(DatabaseError, match="is final"), transaction.atomic():
        TextAcceptance.objects.update(name="Bo")


def test_a_link_that_was_read_before_it_was_revoked_signs_no_more(waiting, deliver, rep):
    entering(asked(deliver)[-1])
    read = PortalLink.objects.get(purpose=PortalLink.CONTRACT)
    send_text(waiting.pk, by=rep, at=LATER)
    with pytest.raises(Refused, match="somebody else signs it"):
        accept_text(waiting.pk, signature(waiting), by=None, at=LATER, link=read)
    with pytest.raises(Refused, match="somebody else signs it"):
        decline_text(waiting.pk, "Too long", by=None, at=LATER, link=read)


def test_declining_ends_the_contract_and_tells_the_owner_why(waiting, deliver, rep, fresh):
    client = entering(asked(deliver)[0])
    assert client.post(at("decline", waiting), {"reason": " "}).status_code == 422
    assert fresh(waiting).state == "approved"
    assert client.post(at("decline", waiting), {"reason": "We need liability."}).status_code == 302
    assert fresh(waiting).state == "refused"
    assert (
        "This contract was not concluded." in client.get(at("contract", waiting)).content.decode()
    )
    mail = next(m for m in deliver() if m.cause.startswith("contract_refused"))
    assert mail.to == rep.email
    assert "Ida Voss refused contract" in mail.text
    assert "We need liability." in mail.text
    with pytest.raises(Refused, match="nothing to sign here any more"):
        decline_text(waiting.pk, "Again", by=None, at=LATER)


def test_a_new_link_kills_the_old_one_and_no_page_of_ours_shows_it(
    waiting, deliver, rep, rep2, client, fresh
):
    old = entering(asked(deliver)[0])
    with pytest.raises(Refused, match="less than a minute ago"):
        send_text(waiting.pk, by=rep, at=AT)
    with pytest.raises(NotAllowed):
        send_text(waiting.pk, by=rep2, at=LATER)
    client.force_login(rep)
    assert "Final texts for your customers to sign" in client.get("/").content.decode()
    assert waiting.number in client.get("/contracts/?text=unsigned").content.decode()
    url = reverse("contracts:detail", args=[waiting.pk])
    assert "The customer has yet to sign this text." in client.get(url).content.decode()
    client.post(reverse("contracts:send_text", args=[waiting.pk]))
    assert old.get(at("contract", waiting)).status_code == 404
    new = asked(deliver)[-1]
    assert Mail.objects.filter(cause__startswith="contract_text:").count() == 2
    assert signs(entering(new), waiting).status_code == 302
    for page in (url, f"{url}evidence/", f"/quotes/{waiting.quote_id}/certificate/"):
        content = client.get(page).content.decode()
        assert SECRET.search(content) is None
    assert "Ida Voss signed this text for the customer" in client.get(url).content.decode()
    assert waiting.number not in client.get("/contracts/?text=unsigned").content.decode()


def test_programs_see_what_waits_and_sign_in_the_customers_name(waiting, cfo, rep, api_for):  # noqa: F811
    api, path = api_for(rep), f"contracts/{waiting.pk}"
    assert [one["id"] for one in ok(api.get("contracts", awaits_customer="true"))["data"]] == [
        waiting.pk
    ]
    text = ok(api.get(f"{path}/text"))
    assert (text["awaits_customer"], text["document_sha256"]) == (True, waiting.text_document_id)
    assert api.get(f"{path}/text.pdf").content == bytes(waiting.text_document.content)
    body = {
        "name": "Ida Voss", "content_hash": text["content_hash"], "consent": text["consent"],
    }  # fmt: skip
    ok(api.post(f"{path}/text/accept", body))
    assert ok(api.get(f"{path}/text"))["acceptance"]["name"] == "Ida Voss"
    evidence = ok(api.get(f"{path}/evidence"))
    last = evidence["events"][-1]
    assert (evidence["is_verified"], last["who"], last["entered_by"]) == (
        True,
        "Ida Voss",
        str(rep),
    )
    assert api.get(f"{path}/certificate").content.startswith(b"%PDF-")
    ok(api_for(cfo).post(f"{path}/countersign"))


# In a browser


def test_the_customer_signs_a_changed_text_on_a_phone(page, axe, waiting, fresh):
    now = timezone.now()
    url = make_link(
        PortalLink.CONTRACT, customer_id=waiting.customer_id, document_id=waiting.pk,
        contact=waiting.customer.contacts.get(), by=None, at=now, expires_at=now + timedelta(days=5),
    )  # fmt: skip
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(url)
    expect(page.get_by_text("left out", exact=True)).to_be_visible()
    axe()
    page.get_by_role("link", name="Go to the signature").click()
    page.get_by_label("I have read contract").check()
    page.get_by_role("button", name="Sign", exact=True).click()
    expect(page.get_by_text("Signed by you.")).to_be_visible()
    axe()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert fresh(waiting).text_acceptance.name == "Ida Voss"


def test_whoever_sells_reads_the_certificate(signed_in, axe, waiting, rep):
    page = signed_in(rep)
    page.goto(f"/contracts/{waiting.pk}/")
    expect(page.get_by_text("The customer has yet to sign this text.")).to_be_visible()
    axe()
    page.get_by_role("link", name="Certificate").click()
    expect(page.get_by_text("every hash and every document is what it was").first).to_be_visible()
    axe()
