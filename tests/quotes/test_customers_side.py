"""What passes between the customer and the seller over an offer, beside the signature."""

from datetime import timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from q2c.customers.models import PortalLink
from q2c.infra.models import Event
from q2c.kernel.errors import NotAllowed, Refused
from quotes.actions import (
    AskedEdit,
    ItemAnswer,
    NewComment,
    answer_counter_offer,
    comment_on_quote,
    forward_quote,
    make_counter_offer,
    note_reading,
    revoke_reader,
    send_quote,
    submit_quote,
    view_quote,
    withdraw_counter_offer,
)
from quotes.models import Quote, Reading
from quotes.queries import readers
from quotes.rules.countering import Edit
from tests.quotes.conftest import NOON
from tests.quotes.test_portal import at, opened, today  # noqa: F401

D = Decimal
LATER = NOON + timedelta(hours=1)


def token_in(mail):
    return next(x for x in mail.text.split() if "/p/" in x).rsplit("/", 1)[1]


def entering(mail):
    client = Client()
    client.get("/p/" + token_in(mail))
    return client


# Questions, answers, files


def test_a_line_is_asked_about_with_a_file_and_answered_with_one(sent, rep, today, deliver):  # noqa: F811
    client, router = opened(sent), sent.lines.get(description="Router")
    asked = {"body": "Which model?", "line": router.pk, "wants_change": "1"}
    plan = SimpleUploadedFile("../plan.txt", b"Room 3")
    client.post(at("ask", sent), {**asked, "files": plan})
    comment_on_quote(
        sent.pk, NewComment(body="R2.", files=[("R2.pdf", b"%PDF-1.7 R2")]), by=rep, at=LATER
    )
    question, answer = sent.comments.all()
    assert (question.line, question.wants_change) == (router, True)
    assert [file.name for file in question.attachments.all()] == ["plan.txt"]
    mails = {mail.to: mail for mail in deliver()}
    assert mails["ana@brightline.example"].subject.startswith("A change is asked for")
    assert "about “Router”" in mails["ana@brightline.example"].text
    file = answer.attachments.get()
    path = reverse("quotes:portal_file", args=[sent.pk, file.pk])
    response = client.get(path)
    assert (response.content, response["Content-Type"]) == (b"%PDF-1.7 R2", "application/pdf")
    assert response["Content-Disposition"].startswith("attachment")
    assert Client().get(path).status_code == 404


@pytest.mark.parametrize(
    ("name", "content"),
    [("run.pdf", b"MZ\x90\x00"), ("page.html", b"\x89PN"), ("empty.txt", b"")],
)
def test_a_file_is_judged_by_what_it_holds(sent, today, name, content):  # noqa: F811
    with pytest.raises(Refused, match=name):
        comment_on_quote(sent.pk, NewComment(body="x", files=[(name, content)]), by=None, at=NOON)
    assert not sent.comments.exists()


def test_a_line_of_another_offer_is_not_asked_about(sent, draft, take):
    with pytest.raises(Refused, match="Choose a line of this offer"):
        comment_on_quote(sent.pk, NewComment(body="x", line_id=10**9), by=None, at=NOON)


# Forward


@pytest.fixture
def link(sent, contact, deliver):
    """The link that the offer was mailed with."""
    deliver()
    return PortalLink.objects.get(contact=contact)


def test_a_colleague_gets_a_link_of_their_own_that_the_seller_can_revoke(
    sent, rep, link, deliver, today  # noqa: F811
):  # fmt: skip
    forward_quote(
        sent.pk,
        link=link,
        name="Kim Lund",
        email="Kim@nordlicht.example",
        may_sign=False,
        by=None,
        at=NOON,
    )
    mail = deliver()[-1]
    assert (mail.to, "Ida Voss forwards you" in mail.subject) == ("kim@nordlicht.example", True)
    client = entering(mail)
    assert (
        "Somebody else in your company accepts it" in client.get(at("quote", sent)).content.decode()
    )
    signed = {
        "name": "Kim Lund", "signature_kind": "typed", "signature": "Kim Lund", "consent": "1",
        "content_hash": sent.content_hash,
    }  # fmt: skip
    assert client.post(at("accept", sent), signed).status_code == 422
    client.post(at("ask", sent), {"body": "Who installs it?"})
    assert sent.comments.get().author_label == "Kim Lund"
    comment_on_quote(sent.pk, "We do.", by=rep, at=LATER)
    assert {mail.to for mail in deliver() if "answer" in mail.subject} == {
        "ida@nordlicht.example", "kim@nordlicht.example",
    }  # fmt: skip
    kim = next(one for one in readers(sent.pk, at=NOON) if one.name == "Kim Lund")
    assert (kim.forwarded_by, kim.may_sign) == ("Ida Voss", False)
    revoke_reader(sent.pk, kim.email, by=rep, at=LATER)
    assert client.get(at("quote", sent)).status_code == 404


def test_nobody_passes_on_more_than_they_have(sent, link):
    link.may_sign = False
    with pytest.raises(NotAllowed, match="Only who may sign"):
        forward_quote(
            sent.pk, link=link, name="K", email="k@x.example", may_sign=True, by=None, at=NOON
        )


# Reading


def test_the_seller_sees_who_read_what_for_how_long(sent, link):
    for day in (0, 0, 3):
        view_quote(sent.pk, link=link, at=NOON + timedelta(days=day))
    began = NOON + timedelta(days=3)
    note_reading(sent.pk, link, {"page": 40, "prices": 30}, at=began + timedelta(seconds=45))
    note_reading(sent.pk, link, {"page": 9999, "prices": 9999}, at=began + timedelta(seconds=60))
    (ida,) = readers(sent.pk, at=NOON)
    assert (ida.visits, ida.seconds, ida.parts) == (2, 55, {"prices": 45})
    events = Event.objects.filter(document="quote", document_id=sent.pk).order_by("pk")
    names = events.values_list("name", flat=True)
    assert [n for n in names if n in ("QuoteViewed", "QuoteReturnedTo")] == [
        "QuoteViewed", "QuoteReturnedTo",
    ]  # fmt: skip


def test_a_beacon_counts_for_its_link_only_and_not_too_often(sent, today):  # noqa: F811
    client = opened(sent)
    client.get(at("quote", sent))
    assert client.post(at("seen", sent), {"page": "5"}).status_code == 204
    assert Client().post(at("seen", sent), {"page": "5"}).status_code == 404
    codes = {client.post(at("seen", sent), {"page": "x"}).status_code for _ in range(30)}
    assert 429 in codes
    assert Reading.objects.count() == 1


# Counter-offer


def counter(quote, link=None):
    support, router, *_rest = quote.lines.order_by("position")
    edits = [
        AskedEdit(edit=Edit.UNIT_PRICE, line_id=support.pk, value="9", reason="Others ask 9"),
        AskedEdit(edit=Edit.REMOVE, line_id=router.pk, reason="We have one"),
        AskedEdit(edit=Edit.TERM, value="24", reason="We stay"),
    ]
    return make_counter_offer(quote.pk, edits, by=None, link=link, at=NOON)


def test_only_who_made_a_counter_offer_withdraws_it(sent, today, deliver):  # noqa: F811
    ida = opened(sent)
    made = counter(sent, PortalLink.objects.get())
    forward_quote(
        sent.pk, link=made.link, name="Per Aas", email="per@nordlicht.example", may_sign=True,
        by=None, at=NOON,
    )  # fmt: skip
    per = entering(deliver()[-1])
    page = per.get(at("quote", sent)).content.decode()
    assert "waits for an answer" in page
    assert "Withdraw it" not in page
    page = per.post(at("counter", sent) + "withdraw/", follow=True).content.decode()
    assert "Only Ida Voss, who made this counter-offer, can withdraw it." in page
    another = opened(sent)  # the offer was mailed to her once more
    assert "Withdraw it" in another.get(at("quote", sent)).content.decode()
    ida.post(at("counter", sent) + "withdraw/")
    made.refresh_from_db()
    assert made.state == "withdrawn"


def test_what_we_took_down_for_a_customer_may_be_withdrawn_by_who_may_sign(sent, today):  # noqa: F811
    opened(sent)
    made = counter(sent)
    withdraw_counter_offer(made.pk, by=None, link=PortalLink.objects.get(), at=LATER)
    made.refresh_from_db()
    assert made.state == "withdrawn"


def test_a_counter_offer_says_what_each_edit_and_all_of_them_do(sent):
    made = counter(sent)
    assert [item.effect for item in made.items.all()] == [D(-120), D(-189), D(1200)]
    assert made.effect == 24 * 90 + 249 - 1638
    with pytest.raises(Refused, match="waits for an answer already"):
        counter(sent)


def test_what_is_taken_makes_the_next_version_and_the_customer_is_told(sent, rep, link, deliver):
    made = counter(sent, link)
    price, removal, term = made.items.all()
    answers = {
        price.pk: ItemAnswer(is_taken=True), term.pk: ItemAnswer(is_taken=True),
        removal.pk: ItemAnswer(is_taken=False, words="It is needed"),
    }  # fmt: skip
    with pytest.raises(Refused, match="Answer edit 2 too"):
        answer_counter_offer(made.pk, {price.pk: ItemAnswer(is_taken=True), term.pk: answers[term.pk]}, by=rep, at=LATER)  # fmt: skip
    answered = answer_counter_offer(made.pk, answers, words="Deal?", by=rep, at=LATER)
    new = answered.new_version
    assert (new.version, new.state, new.term_months) == (2, "draft", 24)
    assert new.contract_total == 24 * 90 + 249 + 189
    line = new.lines.get(description="Support")
    assert (line.agreed_unit_price, line.price_reason) == (D(9), "Others ask 9")
    assert Quote.objects.get(pk=sent.pk).state == "sent"
    mail = deliver()[-1]
    assert (mail.to, mail.subject[:10]) == ("ida@nordlicht.example", "Our answer")
    assert "2. Router, leave it out – not accepted, “It is needed”" in mail.text


def test_an_edit_needs_a_reason_and_must_be_possible(sent):
    line = sent.lines.first()
    for value, reason, words in (("9", "", "why"), ("-1", "x", "outside"), ("x", "x", "cannot be")):
        edit = AskedEdit(edit=Edit.UNIT_PRICE, line_id=line.pk, value=value, reason=reason)
        with pytest.raises(Refused, match=words):
            make_counter_offer(sent.pk, [edit], by=None, at=NOON)


# Versions, languages, the document


def test_the_old_link_leads_to_the_newer_version(sent, rep, today):  # noqa: F811
    from quotes.actions import revise_quote

    client = opened(sent)
    new = revise_quote(sent.pk, by=rep, at=NOON)
    submit_quote(new.pk, by=rep, at=NOON)
    assert "version 2" not in client.get(at("quote", sent)).content.decode()
    send_quote(new.pk, by=rep, at=NOON)
    assert "Open version 2" in client.get(at("quote", sent)).content.decode()
    response = client.post(at("newer", sent), follow=True)
    assert "version 2 for Nordlicht" in response.content.decode()


def test_an_old_link_opens_no_more_than_its_reader_may(sent, rep, today, deliver):  # noqa: F811
    from quotes.actions import revise_quote, revoke_reader

    ida = opened(sent)
    new = revise_quote(sent.pk, by=rep, at=NOON)
    submit_quote(new.pk, by=rep, at=NOON)
    send_quote(new.pk, by=rep, at=NOON)
    deliver()
    own = PortalLink.objects.get(document_id=new.pk)
    kim = {"name": "Kim Lund", "email": "kim@nordlicht.example", "may_sign": True}
    forward_quote(new.pk, link=own, by=None, at=NOON, hands_over=True, **kim)
    assert ida.post(at("newer", sent), follow=True).status_code == 200
    assert not PortalLink.objects.filter(document_id=new.pk, may_sign=True).exists()
    revoke_reader(new.pk, own.reader_email, by=rep, at=NOON)
    assert ida.post(at("newer", sent)).status_code == 404


@pytest.mark.parametrize(
    ("language", "title", "total"),
    [
        ("de", "Gesamt über 12 Monate", "1.638,00 EUR"),
        ("fr", "Total sur 12 mois", "1\u202f638,00 EUR"),
        ("es", "Total por 12 meses", "1.638,00 EUR"),
    ],
)
def test_the_page_the_document_and_the_mail_speak_the_quote_s_language(
    full_draft, rep, deliver, today, language, title, total  # noqa: F811
):  # fmt: skip
    from quotes.actions import change_quote

    change_quote(full_draft.pk, {"language": language}, by=rep, at=NOON)
    submit_quote(full_draft.pk, by=rep, at=NOON)
    quote = send_quote(full_draft.pk, by=rep, at=NOON)
    page = opened(quote).get(at("quote", quote)).content.decode()
    paper = "".join(p.extract_text() for p in PdfReader(BytesIO(quote.document.content)).pages)
    assert title in page
    assert title in paper
    assert total in page
    assert total.replace("\u202f", "") in paper.replace("\u202f", "")
    assert total in deliver()[-1].text
