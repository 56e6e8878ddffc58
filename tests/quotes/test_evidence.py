"""What proves how an offer was answered: who saw and signed which bytes, in a chain."""

import hashlib
import re
from datetime import timedelta

import pytest

from q2c.customers.models import PortalLink
from q2c.infra.evidence import read_chain
from q2c.infra.models import Mail
from q2c.kernel.errors import Refused
from quotes.actions import (
    Signature,
    accept_quote,
    comment_on_quote,
    decline_quote,
    forward_quote,
    send_again,
)
from quotes.models import Acceptance, Quote
from quotes.queries import evidence_of, readers
from tests.quotes.conftest import NOON
from tests.quotes.test_customers_side import at, entering, opened, today  # noqa: F401

LATER = NOON + timedelta(hours=2)
SECRET = re.compile(r"/p/[A-Za-z0-9_-]{20,}")


def told(quote):
    return [event.words for event in evidence_of(quote.pk).events]


def signed(client, quote, **changes):
    body = {
        "name": "Ida Voss", "signature_kind": "typed", "signature": "Ida Voss", "consent": "1",
        "content_hash": quote.content_hash, **changes,
    }  # fmt: skip
    return client.post(at("accept", quote), body, headers={"User-Agent": "Firefox"})


def test_what_is_sent_seen_asked_and_signed_is_one_chain(sent, today):  # noqa: F811
    client = opened(sent)
    client.get(at("quote", sent))
    client.get(at("quote", sent))
    client.post(at("ask", sent), {"body": "Who installs it?"})
    assert signed(client, sent).status_code == 302
    certificate = evidence_of(sent.pk)
    assert told(sent) == [
        "The offer was sent to Ida Voss <ida@nordlicht.example>",
        "The offer was opened",
        "Question or answer",
        "The offer was accepted and signed",
    ]
    assert certificate.is_verified
    first, seen, _asked, last = certificate.events
    # The bytes that were sent and seen are those that were signed.
    assert first.document_sha256 == seen.document_sha256 == last.document_sha256
    assert last.document_sha256 == Acceptance.objects.get().document_id
    [document] = certificate.documents
    assert [event.number for event in document.events] == [1, 2, 4]
    assert (last.who, last.ip, last.user_agent) == ("Ida Voss", "127.0.0.1", "Firefox")
    assert last.reason == Acceptance.objects.get().consent
    assert Acceptance.objects.get().link == PortalLink.objects.get()


def test_declining_reaches_the_owner_at_once_with_the_reason(sent, contact, rep, deliver):
    decline_quote(sent.pk, "Too dear", by=None, at=LATER, contact=contact)
    [mail] = [mail for mail in deliver() if mail.to == rep.email]
    assert "Too dear" in mail.text
    assert (told(sent)[-1], evidence_of(sent.pk).events[-1].reason) == (
        "The offer was declined", "Too dear",
    )  # fmt: skip


# Links


def test_a_link_that_is_sent_again_replaces_the_old_one(sent, today, rep, deliver):  # noqa: F811
    deliver()
    old = opened(sent)
    assert old.get(at("quote", sent)).status_code == 200
    with pytest.raises(Refused, match="less than a minute ago"):
        send_again(
            sent.pk, "ida@nordlicht.example", by=rep, at=PortalLink.objects.latest("pk").created_at
        )
    send_again(sent.pk, "IDA@nordlicht.example", by=rep, at=LATER)
    assert old.get(at("quote", sent)).status_code == 404
    mail = deliver()[-1]
    assert (mail.to, len(mail.attachments.all())) == ("ida@nordlicht.example", 1)
    new = entering(mail)
    assert signed(new, sent).status_code == 302
    assert "A new link was sent to Ida Voss" in " ".join(told(sent))
    with pytest.raises(Refused, match="no longer open"):
        send_again(sent.pk, "ida@nordlicht.example", by=rep, at=LATER + timedelta(hours=1))


def test_nobody_is_sent_a_link_who_never_had_one(sent, rep):
    with pytest.raises(Refused, match="never had a link"):
        send_again(sent.pk, "eve@nordlicht.example", by=rep, at=LATER)


def test_nobody_of_ours_is_made_a_signer(sent, today, rep, deliver):  # noqa: F811
    opened(sent)
    with pytest.raises(Refused, match="works for the seller"):
        forward_quote(
            sent.pk, link=PortalLink.objects.get(), name="Ana", email=rep.email, may_sign=True,
            by=rep, at=NOON,
        )  # fmt: skip


def test_who_hands_the_signing_over_reads_on_and_signs_no_more(sent, today, rep, deliver):  # noqa: F811
    ida = opened(sent)
    body = {"colleague": "Kim Lund", "email": "kim@nordlicht.example", "may": "instead"}
    assert ida.post(at("forward", sent), body).status_code == 302
    kim = entering(deliver()[-1])
    page = ida.get(at("quote", sent)).content.decode()
    assert "Somebody else in your company accepts it." in page
    assert signed(ida, sent).status_code == 422
    assert ida.post(at("decline", sent), {"why": "price"}).status_code == 422
    # What is mailed to her later lets her read, not sign.
    comment_on_quote(sent.pk, "Anything else?", by=rep, at=LATER)
    again = entering(next(m for m in reversed(deliver()) if m.to == "ida@nordlicht.example"))
    assert signed(again, sent).status_code == 422
    assert Quote.objects.get(pk=sent.pk).state == "sent"
    assert signed(kim, sent, name="Kim Lund").status_code == 302
    assert "Signing was handed over to Kim Lund <kim@nordlicht.example>" in told(sent)
    assert Acceptance.objects.get().link.reader == "Kim Lund"


def test_a_link_read_before_the_signing_was_handed_over_signs_no_more(sent, today, deliver):  # noqa: F811
    opened(sent)
    read = PortalLink.objects.get()  # as two tabs at once have it
    whom = {"name": "Kim Lund", "email": "kim@nordlicht.example", "may_sign": True}
    forward_quote(sent.pk, link=read, by=None, at=NOON, hands_over=True, **whom)
    signature = Signature(
        name="Ida Voss", kind="typed", image="Ida Voss", consent="I agree.",
        content_hash=sent.content_hash,
    )  # fmt: skip
    who = {"by": None, "at": NOON, "contact": read.contact, "link": read}
    with pytest.raises(Refused, match="somebody else accepts it"):
        accept_quote(sent.pk, signature, **who)
    with pytest.raises(Refused, match="somebody else accepts it"):
        decline_quote(sent.pk, "Too dear", **who)
    with pytest.raises(Refused, match="Only who may sign"):
        forward_quote(
            sent.pk, link=read, by=None, at=NOON, **{**whom, "email": "li@nordlicht.example"}
        )
    assert Quote.objects.get(pk=sent.pk).state == "sent"


def test_where_nobody_could_sign_any_more_the_contact_may_again(sent, today, rep, deliver):  # noqa: F811
    ida = opened(sent)
    ida.post(
        at("forward", sent),
        {"colleague": "Kim", "email": "kim@nordlicht.example", "may": "instead"},
    )
    deliver()
    PortalLink.objects.filter(person_email="kim@nordlicht.example").update(revoked_at=LATER)
    send_again(sent.pk, "ida@nordlicht.example", by=rep, at=LATER + timedelta(hours=2))
    deliver()
    [ida] = [one for one in readers(sent.pk, at=LATER) if one.name == "Ida Voss"]
    assert ida.may_sign


def test_no_page_of_ours_shows_a_signers_secret(sent, today, client, rep, deliver):  # noqa: F811
    ida = opened(sent)
    ida.get(at("quote", sent))
    deliver()
    assert SECRET.search(Mail.objects.earliest("pk").text)  # the customer's mail has it
    client.force_login(rep)
    for path in ("", "evidence/", "certificate/", "preview/"):
        response = client.get(f"/quotes/{sent.pk}/{path}")
        assert response.status_code == 200
        assert not SECRET.search(response.content.decode())
    assert not SECRET.search(str(read_chain(f"quote:{sent.pk}")))


# Pages and documents


def test_the_page_says_that_the_chain_is_whole_and_where_it_breaks(sent, client, rep):
    from tests.infra.test_evidence import tampered

    client.force_login(rep)
    url = f"/quotes/{sent.pk}/certificate/"
    assert "1 event in a chain; every hash and every document is what it was." in (
        client.get(url).content.decode()
    )
    tampered("UPDATE infra_event SET actor_label = 'Eve' WHERE name = 'QuoteSent'")
    for page in (url, f"/quotes/{sent.pk}/evidence/"):
        assert "The chain is broken at event 1 of 1" in client.get(page).content.decode()


def test_a_document_that_is_not_what_it_was_is_named(sent, client, rep):
    from tests.infra.test_evidence import tampered

    tampered("UPDATE infra_blob SET content = 'forged'")
    certificate = evidence_of(sent.pk)
    assert (certificate.broken_at, certificate.is_verified) == (None, False)
    assert [one.is_intact for one in certificate.documents] == [False]
    client.force_login(rep)
    assert "a document is not what it was" in (
        client.get(f"/quotes/{sent.pk}/certificate/").content.decode()
    )


def test_both_sides_get_the_certificate_as_a_document(sent, today, client, rep):  # noqa: F811
    ida = opened(sent)
    signed(ida, sent)
    assert "certificate.pdf" in ida.get(at("quote", sent)).content.decode()
    theirs = ida.get(at("quote", sent) + "certificate.pdf")
    client.force_login(rep)
    ours = client.get(f"/quotes/{sent.pk}/certificate.pdf")
    for response in (theirs, ours):
        assert response.content.startswith(b"%PDF-")
    assert client.get(f"/portal/quotes/{sent.pk}/certificate.pdf").status_code == 404


def test_a_draft_has_no_evidence_yet(draft, client, rep):
    client.force_login(rep)
    page = client.get(f"/quotes/{draft.pk}/certificate/").content.decode()
    assert "Nothing is recorded yet" in page
    assert client.get(f"/quotes/{draft.pk}/certificate.pdf").status_code == 404


def test_anybody_reckons_the_chain_again_from_what_programs_read(sent, accepted_evidence):
    before = ""
    for event in accepted_evidence["events"]:
        before = hashlib.sha256(f"{before}\n{event['content']}".encode()).hexdigest()
        assert (event["sha256"], event["holds"]) == (before, True)
    assert accepted_evidence["sha256"] == before
    assert accepted_evidence["documents"][0]["events"] == [1, 2]


@pytest.fixture
def accepted_evidence(sent, contact, signature, rep):
    from q2c.api.evidence import EvidenceSerializer

    accept_quote(sent.pk, signature(sent), by=None, at=LATER, contact=contact)
    return EvidenceSerializer(evidence_of(sent.pk)).data


def test_a_colleague_who_may_read_passes_on_reading_alone(sent, today, deliver):  # noqa: F811
    ida = opened(sent)
    held = PortalLink.objects.get()
    with pytest.raises(Refused, match="your own address"):
        forward_quote(
            sent.pk, link=held, name="I", email="ida@nordlicht.example", may_sign=False,
            hands_over=True, by=None, at=NOON,
        )  # fmt: skip
    assert ida.get(at("quote", sent)).status_code == 200
