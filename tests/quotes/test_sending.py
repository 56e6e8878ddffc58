"""From the approved quote to the customer's answer."""

from datetime import timedelta
from decimal import Decimal

import pytest

from q2c.infra.models import Event, Mail
from q2c.kernel.errors import IllegalTransition, Refused
from quotes.actions import (
    accept_quote,
    cancel_quote,
    change_quote,
    comment_on_quote,
    decline_quote,
    expire_quotes,
    revise_quote,
    send_quote,
    submit_quote,
    view_quote,
)
from quotes.models import Acceptance, Quote
from quotes.queries import accepted_quote
from tests.quotes.conftest import NOON, PNG


def test_sending_freezes_the_quote_and_mails_a_link_and_the_document(sent, contact, deliver):
    assert (sent.state, len(sent.content_hash)) == ("sent", 64)
    assert bytes(sent.document.content).startswith(b"%PDF-")
    [mail] = deliver()
    assert mail.to == contact.email
    assert "As agreed." in mail.text
    assert "/p/" in mail.text
    assert [a.blob_id for a in mail.attachments.all()] == [sent.document_id]


def test_a_mail_job_that_runs_twice_makes_one_mail_and_one_link(sent, customer, deliver):
    from quotes.handlers import mail_quote

    deliver()
    mail_quote({"quote_id": sent.pk, "at": NOON.isoformat(), "message": "As agreed."})
    assert Mail.objects.count() == customer.portal_links.count() == 1


def test_an_unapproved_quote_cannot_be_sent(full_draft, rep):
    with pytest.raises(IllegalTransition, match="cannot send while draft"):
        send_quote(full_draft.pk, by=rep, at=NOON)


def test_a_quote_that_has_run_out_or_lacks_a_contact_cannot_be_sent(full_draft, rep):
    change_quote(full_draft.pk, {"contact_id": None}, by=rep, at=NOON)
    submit_quote(full_draft.pk, by=rep, at=NOON)
    with pytest.raises(Refused, match="Choose the contact"):
        send_quote(full_draft.pk, by=rep, at=NOON)
    with pytest.raises(Refused, match="a day that has passed"):
        send_quote(
            full_draft.pk, by=rep, at=NOON + timedelta(days=31),
            contact_id=full_draft.customer.contacts.get().pk,
        )  # fmt: skip
    assert Quote.objects.get(pk=full_draft.pk).state == "approved"


def test_the_database_keeps_a_sent_quote_as_it_is(sent):
    from django.db import DatabaseError, transaction

    with pytest.raises(DatabaseError), transaction.atomic():
        Quote.objects.filter(pk=sent.pk).update(contract_total=1)
    with pytest.raises(DatabaseError), transaction.atomic():
        sent.lines.update(quantity=1)


def test_the_first_look_is_noted_once(sent, contact):
    view_quote(sent.pk, contact=contact, at=NOON)
    view_quote(sent.pk, contact=contact, at=NOON + timedelta(hours=1))
    assert Quote.objects.get(pk=sent.pk).first_viewed_at == NOON
    assert Event.objects.filter(name="QuoteViewed").count() == 1


def test_acceptance_keeps_who_what_and_how(sent, contact, signature, deliver, rep):
    drawn = signature(sent, kind="drawn", image=PNG)
    quote = accept_quote(sent.pk, drawn, by=None, at=NOON, contact=contact)
    acceptance = Acceptance.objects.get()
    assert (quote.state, quote.decided_at) == ("accepted", NOON)
    assert acceptance.document_id == sent.document_id
    assert acceptance.content_hash == sent.content_hash
    assert acceptance.signature == PNG
    frozen = accepted_quote(sent.pk)
    assert (frozen.accepted_by, frozen.monthly_total) == ("Ida Voss", Decimal(100))
    assert [line.net_per_period for line in frozen.lines] == [
        Decimal(100),
        Decimal(189),
        Decimal(249),
        Decimal(0),
    ]
    confirmation, to_owner = sorted(deliver()[-2:], key=lambda mail: mail.to != contact.email)
    assert confirmation.attachments.get().blob_id == sent.document_id
    assert to_owner.to == rep.email


def test_accepting_twice_changes_nothing(sent, contact, signature):
    for minute in (0, 1):
        at = NOON + timedelta(minutes=minute)
        accept_quote(sent.pk, signature(sent), by=None, at=at, contact=contact)
    assert Acceptance.objects.get().accepted_at == NOON
    assert Event.objects.filter(name="QuoteAccepted").count() == 1


def test_another_choice_cannot_be_accepted_on_top(sent, contact, signature):
    accept_quote(sent.pk, signature(sent), by=None, at=NOON, contact=contact)
    other = signature(sent, content_hash="0" * 64)  # picked in another tab
    with pytest.raises(Refused, match="Ida Voss has accepted this offer on 24 Nov 2026"):
        accept_quote(sent.pk, other, by=None, at=NOON, contact=contact)
    assert Acceptance.objects.get().content_hash == sent.content_hash


def test_somebody_else_is_told_that_it_is_accepted_already(sent, contact, signature):
    accept_quote(sent.pk, signature(sent), by=None, at=NOON, contact=contact)
    with pytest.raises(Refused, match="Ida Voss has accepted this offer on 24 Nov 2026"):
        accept_quote(sent.pk, signature(sent, name="Bo"), by=None, at=NOON, contact=contact)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": " "}, "name"),
        ({"image": ""}, "signature"),
        ({"kind": "stamped"}, "signature_kind"),
        ({"kind": "drawn", "image": "data:image/png;base64,AAAA"}, "signature"),
        ({"kind": "drawn", "image": "javascript:alert(1)"}, "signature"),
        ({"kind": "drawn", "image": "data:image/png;base64," + "A" * 500_000}, "signature"),
        ({"content_hash": "0" * 64}, ""),
    ],
)
def test_a_signature_that_is_none_accepts_nothing(sent, contact, signature, wrong, field):
    with pytest.raises(Refused) as refusal:
        accept_quote(sent.pk, signature(sent, **wrong), by=None, at=NOON, contact=contact)
    assert refusal.value.field == field
    assert Quote.objects.get(pk=sent.pk).state == "sent"
    assert not Acceptance.objects.exists()


def test_an_offer_that_ran_out_cannot_be_accepted(sent, contact, signature):
    at = NOON + timedelta(days=31)
    with pytest.raises(Refused, match="ran out on 24 Dec 2026"):
        accept_quote(sent.pk, signature(sent), by=None, at=at, contact=contact)
    assert not Acceptance.objects.exists()


def test_offers_expire_on_the_day_of_their_legal_entity(sent):
    # 23:30 in Berlin on the last valid day, then 00:30 of the next.
    last = NOON.replace(month=12, day=24, hour=22, minute=30)
    assert expire_quotes(at=last) == 0
    assert expire_quotes(at=last + timedelta(hours=1)) == 1
    assert Quote.objects.get(pk=sent.pk).state == "expired"
    assert expire_quotes(at=last + timedelta(days=1)) == 0


def test_a_reason_is_asked_for_declining_and_reaches_the_owner(sent, contact, rep, deliver):
    with pytest.raises(Refused, match="say why"):
        decline_quote(sent.pk, " ", by=None, at=NOON, contact=contact)
    quote = decline_quote(sent.pk, "Too dear", by=None, at=NOON, contact=contact)
    assert (quote.state, quote.decline_reason) == ("declined", "Too dear")
    assert "“Too dear”" in deliver()[-1].text


def test_a_question_reaches_the_owner_and_the_answer_the_customer(sent, contact, rep, deliver):
    comment_on_quote(sent.pk, "Is delivery free?", by=None, at=NOON, contact=contact)
    assert (deliver()[-1].to, "Is delivery free?" in deliver()[-1].text) == (rep.email, True)
    later = NOON + timedelta(minutes=1)
    comment_on_quote(sent.pk, "It is.", by=rep, at=later)
    assert deliver()[-1].to == contact.email


def test_a_revision_replaces_the_sent_version_once_it_is_sent(sent, rep, contact, signature):
    new = revise_quote(sent.pk, by=rep, at=NOON)
    assert (new.number, new.version, new.state) == (sent.number, 2, "draft")
    assert new.lines.count() == 4
    assert Quote.objects.get(pk=sent.pk).state == "sent"
    with pytest.raises(Refused, match="newer version"):
        revise_quote(sent.pk, by=rep, at=NOON)
    submit_quote(new.pk, by=rep, at=NOON)
    send_quote(new.pk, by=rep, at=NOON)
    assert Quote.objects.get(pk=sent.pk).state == "superseded"
    with pytest.raises(IllegalTransition, match="cannot accept while superseded"):
        accept_quote(sent.pk, signature(sent), by=None, at=NOON, contact=contact)


def test_accepting_the_sent_version_ends_its_revision(sent, rep, contact, signature):
    new = revise_quote(sent.pk, by=rep, at=NOON)
    accept_quote(sent.pk, signature(sent), by=None, at=NOON, contact=contact)
    assert Quote.objects.get(pk=new.pk).state == "cancelled"


def test_a_cancelled_revision_leaves_room_for_another(sent, rep):
    new = revise_quote(sent.pk, by=rep, at=NOON)
    cancel_quote(new.pk, by=rep, at=NOON, reason="Wrong start")
    assert revise_quote(sent.pk, by=rep, at=NOON).version == 3


def test_an_accepted_quote_cannot_be_withdrawn(sent, rep, contact, signature):
    accept_quote(sent.pk, signature(sent), by=None, at=NOON, contact=contact)
    with pytest.raises(IllegalTransition):
        cancel_quote(sent.pk, by=rep, at=NOON, reason="Oops")


def test_a_day_that_has_passed_is_refused_where_it_is_chosen_and_before_anybody_approves(
    full_draft, rep
):
    past = {"valid_until": NOON.date() - timedelta(days=1)}
    with pytest.raises(Refused, match="a day that has passed; choose a later one") as refused:
        change_quote(full_draft.pk, past, by=rep, at=NOON)
    assert refused.value.field == "valid_until"
    change_quote(full_draft.pk, {"valid_until": NOON.date()}, by=rep, at=NOON)
    with pytest.raises(Refused, match="a day that has passed"):
        submit_quote(full_draft.pk, by=rep, at=NOON + timedelta(days=1))
