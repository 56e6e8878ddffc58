"""What an approval reaches: bounds for the customer's options, later versions, sealed content."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from q2c.infra.models import Mail
from q2c.kernel.errors import Refused
from quotes.actions import (
    accept_quote,
    approve_quote,
    ask_about_choice,
    change_line,
    change_quote,
    clone_quote,
    keep_selection,
    revise_quote,
    send_quote,
    submit_quote,
)
from quotes.models import Quote
from quotes.queries import outside_envelope
from quotes.rules.approval import Envelope
from quotes.rules.choosing import Picks
from tests.quotes.conftest import NOON, policy
from tests.quotes.test_approvals import submit_at, waiting


@pytest.fixture
def with_option(full_draft, take, rep):
    """Seats the customer may add, up to nine."""
    line = take(full_draft, "SEATS", 5)
    full_draft.lines.filter(pk=line.pk).update(
        is_optional=True, is_chosen=False, max_quantity=Decimal(9)
    )
    return change_quote(full_draft.pk, {"title": "With seats"}, by=rep, at=NOON)


def configured(quote, quantity):
    lines = list(quote.lines.order_by("position"))
    for line in lines:
        if line.is_optional:
            line.is_chosen, line.quantity = quantity > 0, Decimal(quantity or line.quantity)
    return lines


def test_choices_inside_the_envelope_need_nobody_and_outside_are_named(
    with_option, rep, manager, policies
):
    quote = submit_at(with_option, 18, rep)
    seat = quote.lines.get(is_optional=True).product_id
    envelope = Envelope(discount_at_most=Decimal(18), quantities={seat: (Decimal(1), Decimal(6))})
    quote = approve_quote(quote.approvals.get().pk, by=manager, at=NOON, envelope=envelope)
    assert quote.state == "approved"
    for quantity in (0, 1, 6):
        assert outside_envelope(quote, configured(quote, quantity), at=NOON) == []
    [violation] = outside_envelope(quote, configured(quote, 7), at=NOON)
    assert violation.words == "7 of “Telephony seat” lie outside 1 to 6"


def test_a_customers_choice_beyond_the_bounds_goes_to_its_approver_by_itself(
    with_option, rep, manager, policies, contact
):
    quote = submit_at(with_option, 18, rep)
    line = quote.lines.get(is_optional=True)
    envelope = Envelope(quantities={line.product_id: (Decimal(1), Decimal(6))})
    quote = approve_quote(quote.approvals.get().pk, by=manager, at=NOON, envelope=envelope)
    send_quote(quote.pk, by=rep, at=NOON, contact_id=contact.pk)

    def picks(quantity):
        return Picks(on=frozenset([line.pk]), quantities={line.pk: Decimal(quantity)})

    assert ask_about_choice(quote.pk, picks(6), made_by="Ida", at=NOON) is None
    assert keep_selection(quote.pk, picks(6), made_by="Ida", at=NOON) is not None
    with pytest.raises(Refused, match="must be approved first"):
        keep_selection(quote.pk, picks(7), made_by="Ida", at=NOON)
    new = ask_about_choice(quote.pk, picks(7), made_by="Ida", at=NOON)
    assert (new.version, new.state, waiting(new)) == (2, "in_review", ["sales_manager"])
    assert new.lines.get(is_optional=True).quantity == 7
    assert Quote.objects.get(pk=quote.pk).state == "sent"


def test_the_owner_is_told_once_of_each_choice_beyond_the_bounds(
    with_option, rep, manager, policies, contact, deliver
):
    quote = submit_at(with_option, 18, rep)
    line = quote.lines.get(is_optional=True)
    envelope = Envelope(quantities={line.product_id: (Decimal(0), Decimal(6))})
    quote = approve_quote(quote.approvals.get().pk, by=manager, at=NOON, envelope=envelope)
    send_quote(quote.pk, by=rep, at=NOON, contact_id=contact.pk)
    for minute, quantity in enumerate((7, 7, 8)):
        picks = Picks(on=frozenset([line.pk]), quantities={line.pk: Decimal(quantity)})
        at = NOON + timedelta(minutes=minute)
        ask_about_choice(quote.pk, picks, made_by="Ida Voss", at=at)
    deliver()
    first, second = Mail.objects.filter(cause__startswith="quote_choice:").order_by("id")
    assert (first.to, second.to) == (rep.email, rep.email)
    assert "Ida Voss chose it; 7 of “Telephony seat” lie outside at most 6." in first.text
    assert "Version 2 asks for approval of it." in first.text
    assert "Version 2 is in work already, so nothing was added to it" in second.text


def test_bounds_that_the_quote_itself_does_not_fit_in_are_refused(
    with_option, rep, manager, policies
):
    quote = submit_at(with_option, 18, rep)
    with pytest.raises(Refused, match=r"itself does not fit .* Discount of 18 % exceeds 5 %\."):
        approve_quote(
            quote.approvals.get().pk, by=manager, at=NOON,
            envelope=Envelope(discount_at_most=Decimal(5)),
        )  # fmt: skip
    assert Quote.objects.get(pk=quote.pk).state == "in_review"


def test_without_an_envelope_only_what_was_measured_is_granted(with_option, rep, manager):
    policy("Dear", 100, "role:sales_manager", measure="monthly_total", currency="EUR")
    quote = submit_quote(with_option.pk, by=rep, at=NOON)
    assert quote.state == "approved"  # exactly 100 a month
    assert outside_envelope(quote, configured(quote, 0), at=NOON) == []
    [violation] = outside_envelope(quote, configured(quote, 5), at=NOON)
    assert violation.words == "Monthly total of 170.00 EUR exceeds 100.00 EUR"


def test_an_approval_of_the_first_version_covers_the_second_that_is_no_worse(
    in_review, rep, manager, contact
):
    approve_quote(in_review.approvals.get().pk, by=manager, at=NOON)
    send_quote(in_review.pk, by=rep, at=NOON, contact_id=contact.pk)
    new = revise_quote(in_review.pk, by=rep, at=NOON)
    assert submit_at(new, 17, rep).state == "approved"
    assert date(2027, 1, 1) == new.starts_on


def _edit(quote, **_):
    Quote.objects.filter(pk=quote.pk).update(payment_terms_days=90)


def _reprice(quote, **_):
    quote.lines.filter(description="Router").delete()


def _retitle(quote, **_):
    line = quote.lines.first()
    line.description = "Support, premium"
    line.save()


@pytest.fixture
def unguarded(db):
    """Without the triggers: what a defect, or a hand in the database, could do."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")


@pytest.mark.parametrize("change", [_edit, _reprice, _retitle])
def test_what_was_approved_is_sealed_whatever_path_changes_it(
    full_draft, rep, manager, contact, policies, unguarded, change
):
    quote = submit_at(full_draft, 18, rep)
    change(quote)
    with pytest.raises(Refused, match="changed after it was submitted"):
        approve_quote(quote.approvals.get().pk, by=manager, at=NOON)
    Quote.objects.filter(pk=quote.pk).update(state="approved")
    with pytest.raises(Refused, match="changed after it was approved"):
        send_quote(quote.pk, by=rep, at=NOON, contact_id=contact.pk)
    assert Quote.objects.get(pk=quote.pk).sent_at is None


def test_an_approved_quote_is_not_edited_and_its_copies_are_approved_anew(
    in_review, rep, manager, contact, signature
):
    approve_quote(in_review.approvals.get().pk, by=manager, at=NOON)
    with pytest.raises(Refused, match="cannot edit while approved"):
        change_quote(in_review.pk, {"payment_terms_days": 90}, by=rep, at=NOON)
    with pytest.raises(Refused, match="cannot edit while approved"):
        change_line(in_review.lines.first().pk, {"quantity": Decimal(1)}, by=rep, at=NOON)
    copied = clone_quote(in_review.pk, by=rep, at=NOON)
    assert (copied.state, copied.content_hash) == ("draft", "")
    assert submit_quote(copied.pk, by=rep, at=NOON).state == "in_review"  # another number


def test_a_sent_quote_that_no_longer_says_what_was_sealed_is_not_accepted(
    sent, contact, signature, unguarded
):
    _reprice(sent)
    with pytest.raises(Refused, match="not what was approved"):
        accept_quote(sent.pk, signature(sent), by=None, at=NOON, contact=contact)
    assert Quote.objects.get(pk=sent.pk).state == "sent"
