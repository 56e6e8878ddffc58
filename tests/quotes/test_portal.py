"""What the customer does with a private link, and what nobody else can."""

from datetime import timedelta

import pytest
from django.core import signing
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from q2c.customers.models import Customer, PortalVisit
from q2c.customers.portal import make_link, revoke_links
from quotes.actions import cancel_quote, revise_quote, send_quote, submit_quote
from quotes.models import Acceptance, Quote
from tests.quotes.conftest import NOON, PNG


def at(name, quote):
    return reverse(f"quotes:portal_{name}", args=[quote.pk])


@pytest.fixture
def today(monkeypatch):
    """The portal's clock stands at NOON."""
    for module in ("quotes.views.portal", "q2c.customers.portal_session"):
        monkeypatch.setattr(f"{module}.timezone.now", lambda: NOON)


def opened(quote, *, purpose="quote", expires_in=timedelta(days=60)):
    """Return a browser that has followed a link to the quote."""
    now = timezone.now()
    url = make_link(
        purpose, customer_id=quote.customer_id, document_id=quote.pk,
        contact=quote.customer.contacts.get(), by=None, at=now, expires_at=now + expires_in,
    )  # fmt: skip
    client = Client(enforce_csrf_checks=False)
    client.get("/p/" + url.rsplit("/", 1)[1])
    return client


def form(quote, **changes):
    return {
        "name": "Ida Voss", "signature_kind": "typed", "signature": "Ida Voss", "consent": "1",
        "content_hash": quote.content_hash, **changes,
    }  # fmt: skip


def test_the_offer_is_read_on_a_page_without_traces(sent, today):
    client = opened(sent)
    response = client.get(at("quote", sent))
    page = response.content.decode()
    assert "Nordlicht Solar AG" in page
    assert "1,638.00 EUR" in page
    assert sent.document_id in page  # the consent names the very bytes
    assert response["Referrer-Policy"] == "same-origin"
    assert "no-store" in response["Cache-Control"]
    assert "margin" not in page.lower()
    assert PortalVisit.objects.count() == 1


def test_reading_only_notes_that_it_was_read(sent, today):
    client = opened(sent)
    client.get(at("quote", sent))
    client.get(at("quote", sent))
    quote = Quote.objects.get(pk=sent.pk)
    assert (quote.first_viewed_at, quote.state) == (NOON, "sent")


def test_our_own_people_do_not_count_as_readers(sent, rep, today):
    client = opened(sent)
    client.force_login(rep)
    client.get(at("quote", sent))
    assert Quote.objects.get(pk=sent.pk).first_viewed_at is None


def test_without_a_link_the_offer_does_not_exist(client, sent):
    for name in ("quote", "pdf"):
        assert client.get(at(name, sent)).status_code == 404
    for name in ("ask", "accept", "decline"):
        assert client.post(at(name, sent), form(sent, body="x", reason="x")).status_code == 404
    assert Quote.objects.get(pk=sent.pk).state == "sent"


def test_a_link_opens_its_own_quote_and_no_other(sent, customer, rep, take, today):
    from quotes.actions import NewQuote, create_quote

    other = create_quote(NewQuote(customer_id=customer.pk), by=rep, at=NOON)
    take(other, "SUP")
    submit_quote(other.pk, by=rep, at=NOON)
    send_quote(other.pk, by=rep, at=NOON)
    client = opened(sent)
    assert client.get(at("quote", other)).status_code == 404
    assert client.post(at("accept", other), form(other)).status_code == 404
    assert Quote.objects.get(pk=other.pk).state == "sent"


def test_a_link_of_another_customer_to_this_number_opens_nothing(sent, entity, rep):
    stranger = Customer.objects.create(
        number="C-9", legal_entity=entity, legal_name="Stranger", currency="EUR",
        email="s@example.com", created_at=NOON,
    )  # fmt: skip
    now = timezone.now()
    url = make_link(
        "quote", customer_id=stranger.pk, document_id=sent.pk, contact=None, by=None, at=now,
        expires_at=now + timedelta(days=9),
    )  # fmt: skip
    client = Client()
    client.get("/p/" + url.rsplit("/", 1)[1])
    assert client.get(at("quote", sent)).status_code == 404


def test_a_revoked_or_expired_link_closes_at_once(sent):
    client = opened(sent)
    revoke_links("quote", sent.pk, at=timezone.now())
    assert client.get(at("quote", sent)).status_code == 404
    late = Client()
    now = timezone.now()
    url = make_link(
        "quote", customer_id=sent.customer_id, document_id=sent.pk, contact=None, by=None,
        at=now - timedelta(days=9), expires_at=now - timedelta(days=2),
    )  # fmt: skip
    assert late.get("/p/" + url.rsplit("/", 1)[1]).status_code == 404


def test_a_forged_cookie_opens_nothing(client, sent):
    client.cookies["portal"] = signing.dumps([1], salt="another salt")
    assert client.get(at("quote", sent)).status_code == 404


def test_a_question_stands_on_the_page_and_waits_for_the_owner(sent, today):
    client = opened(sent)
    response = client.post(at("ask", sent), {"body": "Before Christmas?"}, follow=True)
    page = response.content.decode()
    assert "Before Christmas?" in page
    assert "Ana will answer you by e-mail" in page
    comment = sent.comments.get()
    assert (comment.is_from_customer, comment.author_label) == (True, "Ida Voss")
    assert client.post(at("ask", sent), {"body": " "}).status_code == 422


def test_an_answer_cannot_inject_markup(sent, rep, today):
    from quotes.actions import comment_on_quote

    comment_on_quote(sent.pk, "<script>alert(1)</script>", by=rep, at=NOON)
    assert b"<script>alert" not in opened(sent).get(at("quote", sent)).content


def test_the_document_is_downloaded_byte_for_byte(sent, today):
    assert opened(sent).get(at("pdf", sent)).content == bytes(sent.document.content)


@pytest.mark.parametrize("kind", ["typed", "drawn"])
def test_accepting_keeps_the_sentence_and_the_bytes(sent, today, kind):
    signed = form(sent, signature_kind=kind, signature=PNG if kind == "drawn" else "Ida Voss")
    response = opened(sent).post(at("accept", sent), signed, follow=True)
    assert "Ida Voss accepted this offer on" in response.content.decode()
    acceptance = Acceptance.objects.get()
    assert acceptance.document_id == sent.document_id
    assert f"Document SHA-256: {sent.document_id}" in acceptance.consent
    assert "1,638.00 EUR" in acceptance.consent
    assert (acceptance.ip, acceptance.contact.name) == ("127.0.0.1", "Ida Voss")


def test_without_scripts_the_typed_name_is_the_signature(sent, today):
    opened(sent).post(at("accept", sent), form(sent, signature=""))
    assert Acceptance.objects.get().signature == "Ida Voss"


def test_a_double_click_accepts_once(sent, today):
    client = opened(sent)
    for _ in range(2):
        assert client.post(at("accept", sent), form(sent)).status_code == 302
    assert Acceptance.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"consent": ""}, "Please tick the box"),
        ({"name": " "}, "Type your full name"),
        ({"signature_kind": "drawn", "signature": ""}, "Draw your signature"),
        ({"content_hash": "0" * 64}, "not the one you were shown"),
    ],
)
def test_what_is_missing_is_said_at_its_place_and_nothing_is_accepted(sent, today, wrong, words):
    response = opened(sent).post(at("accept", sent), form(sent, **wrong))
    assert response.status_code == 422
    assert words in response.content.decode()
    assert not Acceptance.objects.exists()


def test_declining_takes_a_reason(sent, today):
    client = opened(sent)
    assert client.post(at("decline", sent), {"reason": ""}).status_code == 422
    page = client.post(at("decline", sent), {"reason": "Too dear"}, follow=True).content.decode()
    assert "“Too dear”" in page
    assert 'id="accept"' not in page


def test_an_offer_that_ran_out_explains_and_cannot_be_accepted(sent, monkeypatch):
    client = opened(sent)
    late = NOON + timedelta(days=31)
    monkeypatch.setattr("quotes.views.portal.timezone.now", lambda: late)
    page = client.get(at("quote", sent)).content.decode()
    assert "This offer ran out on 24 Dec 2026" in page
    assert 'id="accept"' not in page
    assert client.post(at("accept", sent), form(sent)).status_code in (404, 422)
    assert not Acceptance.objects.exists()


def test_superseded_and_withdrawn_offers_explain_themselves(sent, rep, today):
    client = opened(sent)
    new = revise_quote(sent.pk, by=rep, at=NOON)
    assert 'id="accept"' in client.get(at("quote", sent)).content.decode()
    submit_quote(new.pk, by=rep, at=NOON)
    send_quote(new.pk, by=rep, at=NOON)
    assert "newer version of this offer" in client.get(at("quote", sent)).content.decode()
    cancel_quote(new.pk, by=rep, at=NOON, reason="Wrong")
    page = opened(new).get(at("quote", new)).content.decode()
    assert "This offer was withdrawn" in page
    assert client.post(at("accept", sent), form(sent)).status_code == 422


def test_a_draft_is_never_shown(full_draft):
    assert opened(full_draft).get(at("quote", full_draft)).status_code == 404


def test_posts_without_the_page_s_token_are_refused(sent):
    client = opened(sent)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    assert strict.post(at("accept", sent), form(sent)).status_code == 403
    assert not Acceptance.objects.exists()


def test_how_one_signs_is_kept_when_the_form_comes_back(sent, today):
    drawing = "data:image/png;base64,AAAA"
    typed = form(sent, signature_kind="drawn", signature=drawing, consent="")
    page = opened(sent).post(at("accept", sent), typed).content.decode()
    assert "Please tick the box to agree." in page
    assert 'value="drawn" checked' in page
    assert f'value="{drawing}"' in page
    foreign = form(sent, signature_kind="drawn", signature="https://x.example/", consent="")
    assert "x.example" not in opened(sent).post(at("accept", sent), foreign).content.decode()
