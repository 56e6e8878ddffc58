"""The life of a quote: drafted, reviewed, sent, answered."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from q2c.infra.models import Event, Mail
from q2c.kernel.errors import IllegalTransition, NotAllowed, Refused, StaleVersion
from quotes.actions import (
    NewAdjustment,
    NewLine,
    NewQuote,
    accept_quote,
    add_adjustment,
    add_line,
    approve_quote,
    cancel_quote,
    change_line,
    change_quote,
    comment_on_quote,
    create_quote,
    create_renewal_quote,
    decline_quote,
    expire_quotes,
    move_line,
    recall_quote,
    refuse_quote,
    remove_line,
    revise_quote,
    send_quote,
    submit_quote,
    view_quote,
)
from quotes.models import Acceptance, Price, PriceBook, Quote
from quotes.queries import accepted_quote, inbox_of, visible_to
from tests.quotes.conftest import NOON, PNG


def test_a_quote_starts_with_what_the_customer_has_agreed(draft, customer, contact):
    assert draft.number == "Q-2026-000001"
    assert (draft.currency, draft.payment_terms_days) == ("EUR", 14)
    assert draft.contact == contact
    assert draft.valid_until == date(2026, 12, 24)


def test_quotes_of_two_legal_entities_share_one_series_of_numbers(draft, customer, entity, rep):
    entity.pk, entity.code = None, "AT"
    entity.save()
    customer.legal_entity = entity
    customer.save()
    other = create_quote(NewQuote(customer_id=customer.pk), by=rep, at=NOON)
    assert other.number == "Q-2026-000002"


def test_the_totals_follow_the_lines(full_draft):
    assert full_draft.monthly_total == Decimal(100)
    assert full_draft.one_time_total == Decimal(438)
    assert full_draft.first_invoice_total == Decimal(349)  # 100 in advance and the installation
    assert full_draft.tax_on_first_invoice == Decimal("66.31")  # 19 % of 349
    assert full_draft.contract_total == Decimal(1638)
    assert full_draft.cost_total == Decimal(670)  # 10 seats at 4 for 12 months, 90 and 100


def test_a_bundle_brings_its_options_and_scales_with_them(draft, take, products, rep):
    bundle = take(
        draft, "HOME", 2, options={products["SUP"].pk: Decimal(3), products["BOX"].pk: Decimal(1)}
    )
    assert [(c.description, c.quantity) for c in bundle.children.order_by("position")] == [
        ("Support", Decimal(6)),
        ("Router", Decimal(2)),
    ]
    change_line(bundle.pk, {"quantity": Decimal(4)}, by=rep, at=NOON)
    assert list(bundle.children.order_by("position").values_list("quantity", flat=True)) == [12, 4]
    assert Quote.objects.get(pk=draft.pk).monthly_total == Decimal(120)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"SUP": Decimal(6)}, "Support: a bundle takes 0 to 5 of it, not 6"),
        ({"SUP": Decimal("1.5")}, "whole number"),
        ({"SUP": Decimal(0), "BOX": Decimal(0)}, "at least one option"),
        ({"SLA": Decimal(1)}, "not an option"),
    ],
)
def test_options_out_of_bounds_are_refused(draft, take, products, options, words):
    chosen = {products[sku].pk: quantity for sku, quantity in options.items()}
    with pytest.raises(Refused, match=words):
        take(draft, "HOME", options=chosen)
    assert not draft.lines.exists()


def test_an_option_cannot_grow_over_its_maximum_later(draft, take, products, rep):
    bundle = take(draft, "HOME", 2, options={products["SUP"].pk: Decimal(5)})
    child = bundle.children.get(product=products["SUP"])
    with pytest.raises(Refused, match="0 to 5") as refusal:
        change_line(child.pk, {"quantity": Decimal(12)}, by=rep, at=NOON)
    assert refusal.value.field == "quantity"


def test_products_without_a_price_or_no_longer_sold_are_refused(draft, take, products):
    Price.objects.filter(product=products["SUP"]).update(ends_on=date(2026, 12, 31))
    with pytest.raises(Refused, match=r"no price for this product on 01 Jan 2027") as refusal:
        take(draft, "SUP")
    assert refusal.value.field == "product"
    products["SLA"].is_active = False
    products["SLA"].save()
    with pytest.raises(Refused, match="no longer sold"):
        take(draft, "SLA")
    assert not draft.lines.exists()


def test_a_customer_without_a_price_book_in_their_currency_is_refused(customer, rep):
    PriceBook.objects.update(currency="USD")
    with pytest.raises(Refused, match="no active price book in EUR"):
        create_quote(NewQuote(customer_id=customer.pk), by=rep, at=NOON)
    assert not Quote.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"term_months": 0}, "term_months"),
        ({"discount_percent": Decimal(101)}, "discount_percent"),
        ({"payment_terms_days": 366}, "payment_terms_days"),
        ({"starts_on": date(1999, 1, 1)}, "starts_on"),
        ({"title": "x" * 201}, "title"),
        ({"contact_id": 0}, "contact_id"),
    ],
)
def test_terms_out_of_bounds_change_nothing(draft, rep, changes, field):
    if field == "contact_id":
        changes = {"contact_id": 999}
    with pytest.raises(Refused) as refusal:
        change_quote(draft.pk, changes, by=rep, at=NOON)
    assert refusal.value.field == field
    assert Quote.objects.get(pk=draft.pk).edit_version == draft.edit_version


@pytest.mark.parametrize(
    "quantity", [Decimal(0), Decimal(-1), Decimal(10) ** 10, Decimal("0.0000001")]
)
def test_quantities_out_of_bounds_are_refused(full_draft, rep, quantity):
    line = full_draft.lines.first()
    with pytest.raises(Refused) as refusal:
        change_line(line.pk, {"quantity": quantity}, by=rep, at=NOON)
    assert refusal.value.field == "quantity"
    assert full_draft.lines.first().quantity == 10


def test_the_history_tells_who_changed_what(full_draft, rep):
    line = full_draft.lines.first()
    change_line(line.pk, {"discount_percent": Decimal(5)}, by=rep, at=NOON)
    event = Event.objects.filter(document="quote", document_id=full_draft.pk).latest("id")
    assert (event.name, event.actor) == ("QuoteEdited", rep)
    assert event.changes == {"Support, discount percent": ["0", "5"]}


def test_the_second_of_two_reps_is_told_and_overwrites_nothing(full_draft, rep, manager):
    line, seen = full_draft.lines.first(), full_draft.edit_version
    change_line(line.pk, {"quantity": Decimal(20)}, by=manager, at=NOON, seen=seen)
    with pytest.raises(StaleVersion):
        change_line(line.pk, {"quantity": Decimal(30)}, by=rep, at=NOON, seen=seen)
    assert full_draft.lines.first().quantity == 20


def test_an_adjustment_is_a_line_of_its_own(full_draft, rep):
    like = full_draft.lines.first()
    new = NewAdjustment(description="Loyalty", amount=Decimal("-12.50"), like=like.pk)
    line = add_adjustment(full_draft.pk, new, by=rep, at=NOON)
    assert (line.is_adjustment, line.net_per_period) == (True, Decimal("-12.50"))
    assert Quote.objects.get(pk=full_draft.pk).monthly_total == Decimal("87.50")
    with pytest.raises(Refused, match="no discount"):
        change_line(line.pk, {"discount_percent": Decimal(5)}, by=rep, at=NOON)


def test_lines_move_with_their_options(draft, take, products, rep):
    take(draft, "SUP")
    bundle = take(draft, "HOME", options={products["BOX"].pk: Decimal(1)})
    move_line(bundle.pk, up=True, by=rep, at=NOON)
    order = list(draft.lines.order_by("position").values_list("description", flat=True))
    assert order == ["Home bundle", "Support", "Router", "Support"]
    remove_line(bundle.pk, by=rep, at=NOON)
    assert [line.description for line in draft.lines.all()] == ["Support"]


def test_a_quote_within_the_limits_is_approved_at_once(full_draft, rep, policies):
    assert submit_quote(full_draft.pk, by=rep, at=NOON).state == "approved"


def test_an_empty_quote_cannot_be_submitted(draft, rep):
    with pytest.raises(Refused, match="at least one product"):
        submit_quote(draft.pk, by=rep, at=NOON)


@pytest.fixture
def in_review(full_draft, rep, policies):
    change_quote(full_draft.pk, {"discount_percent": Decimal(18)}, by=rep, at=NOON)
    return submit_quote(full_draft.pk, by=rep, at=NOON)


def test_a_discount_over_the_limit_asks_the_manager(in_review, manager, rep, cfo, deliver):
    [request] = in_review.approvals.all()
    assert (in_review.state, request.approver_role) == ("in_review", "sales_manager")
    assert request.reason == "Discount of 18 % on “Support” exceeds 15 %"
    assert list(inbox_of(manager)) == [request]
    assert not inbox_of(rep).exists()
    assert not inbox_of(cfo).exists()
    [mail] = deliver()
    assert (mail.to, mail.subject) == (manager.email, "Quote Q-2026-000001 waits for your approval")


def test_the_manager_approves_and_the_owner_hears(in_review, manager, rep, deliver):
    [request] = in_review.approvals.all()
    quote = approve_quote(request.pk, by=manager, at=NOON, comment="Fine")
    assert quote.state == "approved"
    assert deliver()[-1].to == rep.email


def test_two_limits_need_two_approvals(full_draft, rep, manager, cfo, policies):
    change_quote(full_draft.pk, {"discount_percent": Decimal(35)}, by=rep, at=NOON)
    quote = submit_quote(full_draft.pk, by=rep, at=NOON)
    first, second = (
        quote.approvals.filter(approver_role__in=["sales_manager", "finance_manager"])
        .filter(policy__measure="discount")
        .order_by("approver_role")
    )
    with pytest.raises(NotAllowed, match="belongs to a finance manager"):
        approve_quote(first.pk, by=manager, at=NOON)
    assert approve_quote(first.pk, by=cfo, at=NOON).state == "in_review"
    for request in quote.approvals.filter(state="pending"):
        quote = approve_quote(request.pk, by=manager, at=NOON)
    assert (quote.state, second.policy.measure) == ("approved", "discount")


def test_nobody_approves_their_own_quote(customer, manager, products, policies):
    quote = create_quote(NewQuote(customer_id=customer.pk), by=manager, at=NOON)
    new = NewLine(product_id=products["SUP"].pk, discount_percent=Decimal(20))
    add_line(quote.pk, new, by=manager, at=NOON)
    quote = submit_quote(quote.pk, by=manager, at=NOON)
    with pytest.raises(NotAllowed, match="their own"):
        approve_quote(quote.approvals.first().pk, by=manager, at=NOON)
    assert Quote.objects.get(pk=quote.pk).state == "in_review"
    assert not inbox_of(manager).exists()


def test_a_rep_may_not_approve(in_review, rep2):
    with pytest.raises(NotAllowed, match="Ask: sales manager"):
        approve_quote(in_review.approvals.get().pk, by=rep2, at=NOON)


def test_an_approval_holds_for_exactly_what_was_submitted(in_review, manager):
    # A price changed behind the application's back: the seal no longer fits.
    Quote.objects.filter(pk=in_review.pk).update(contract_total=Decimal(1))
    with pytest.raises(Refused, match="changed after it was submitted"):
        approve_quote(in_review.approvals.get().pk, by=manager, at=NOON)


def test_a_refusal_sends_the_quote_back_with_the_reason(in_review, manager, rep, deliver):
    request = in_review.approvals.get()
    with pytest.raises(Refused, match="Say what should change"):
        refuse_quote(request.pk, by=manager, at=NOON, comment=" ")
    quote = refuse_quote(request.pk, by=manager, at=NOON, comment="Too deep")
    assert (quote.state, quote.content_hash) == ("draft", "")
    assert "“Too deep”" in deliver()[-1].text
    change_quote(quote.pk, {"discount_percent": Decimal(10)}, by=rep, at=NOON)
    assert submit_quote(quote.pk, by=rep, at=NOON).state == "approved"


def test_a_recalled_quote_loses_its_approvals(in_review, manager, rep):
    approve_quote(in_review.approvals.get().pk, by=manager, at=NOON)
    quote = recall_quote(in_review.pk, by=rep, at=NOON)
    assert quote.state == "draft"
    assert submit_quote(quote.pk, by=rep, at=NOON).state == "in_review"


def test_a_submitted_quote_cannot_be_edited(in_review, rep):
    with pytest.raises(IllegalTransition, match="cannot edit while in review"):
        change_quote(in_review.pk, {"title": "New"}, by=rep, at=NOON)


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


def test_reps_see_their_own_quotes_managers_their_teams_finance_all(draft, rep, rep2, manager, cfo):
    assert not visible_to(rep2).exists()
    assert visible_to(rep).count() == visible_to(cfo).count() == visible_to(manager).count() == 1
    with pytest.raises(NotAllowed, match="belongs to a colleague"):
        change_quote(draft.pk, {"title": "Mine"}, by=rep2, at=NOON)


def test_legal_may_read_quotes_but_not_write_them(draft, legal):
    with pytest.raises(NotAllowed):
        change_quote(draft.pk, {"title": "Mine"}, by=legal, at=NOON)


def test_a_renewal_takes_what_recurs_and_comes_once(sent, contact, signature):
    accept_quote(sent.pk, signature(sent), by=None, at=NOON, contact=contact)
    ids = {
        create_renewal_quote(
            contract_id=7, from_quote_id=sent.pk, starts_on=date(2028, 1, 1), at=NOON, by=None
        )
        for _ in range(2)
    }
    renewal = Quote.objects.get(pk=ids.pop())
    assert not ids
    assert [line.description for line in renewal.lines.all()] == ["Support", "Calls"]
    assert (renewal.monthly_total, renewal.renews_contract_id) == (Decimal(100), 7)


def test_every_price_keeps_its_trace(full_draft):
    assert full_draft.lines.first().trace == ["10 × 10", "every 1 months for 12 months"]
