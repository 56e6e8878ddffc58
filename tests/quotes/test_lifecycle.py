"""The quote's table of moves, and that the database holds it without us."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from q2c.kernel.errors import Refused
from quotes.actions import (
    accept_quote,
    approve_quote,
    cancel_quote,
    change_quote,
    decline_quote,
    expire_quotes,
    revise_quote,
    send_quote,
    submit_quote,
)
from quotes.models import ApprovalRequest, Quote
from quotes.rules.states import LIFECYCLE, QuoteState
from tests.quotes.conftest import NOON

S = QuoteState
MOVES = {
    S.DRAFT: {S.IN_REVIEW, S.APPROVED, S.CANCELLED},
    S.IN_REVIEW: {S.APPROVED, S.DRAFT},
    S.APPROVED: {S.SENT, S.DRAFT, S.CANCELLED},
    S.SENT: {S.ACCEPTED, S.DECLINED, S.EXPIRED, S.SUPERSEDED, S.CANCELLED},
    S.ACCEPTED: set(),
    S.DECLINED: {S.SUPERSEDED},
    S.EXPIRED: {S.SUPERSEDED},
    S.SUPERSEDED: set(),
    S.CANCELLED: {S.DRAFT},  # by undoing a merge
}


@pytest.fixture
def become(rep, contact, signature):
    """`become[S.EXPIRED](quote)` lets that happen to a sent quote."""

    def supersede(quote):
        new = revise_quote(quote.pk, by=rep, at=NOON)
        submit_quote(new.pk, by=rep, at=NOON)
        send_quote(new.pk, by=rep, at=NOON)

    return {
        S.SENT: lambda quote: None,
        S.ACCEPTED: lambda quote: accept_quote(
            quote.pk, signature(quote), by=None, at=NOON, contact=contact
        ),
        S.DECLINED: lambda quote: decline_quote(
            quote.pk, "Too dear", by=None, at=NOON, contact=contact
        ),
        S.EXPIRED: lambda quote: expire_quotes(at=NOON + timedelta(days=60)),
        S.CANCELLED: lambda quote: cancel_quote(quote.pk, by=rep, at=NOON, reason="No"),
        S.SUPERSEDED: supersede,
    }


@pytest.fixture
def quote_in(full_draft, rep, become, policies):
    """`quote_in(S.DECLINED)` is a quote that got there by the actions."""

    def quote_in(state):
        pk = full_draft.pk
        if state is S.IN_REVIEW:
            change_quote(pk, {"discount_percent": Decimal(18)}, by=rep, at=NOON)
        if state is not S.DRAFT:
            submit_quote(pk, by=rep, at=NOON)
        if state in become:
            become[state](send_quote(pk, by=rep, at=NOON))
        found = Quote.objects.get(pk=pk)
        assert found.state == state
        return found

    return quote_in


def test_the_table_holds_these_moves_and_no_others():
    table = {(before, after) for (before, _), after in LIFECYCLE.moves.items()}
    assert table == {(before, after) for before, afters in MOVES.items() for after in afters}


@pytest.mark.parametrize("before", list(S))
def test_the_database_refuses_every_other_move(quote_in, before):
    quote = quote_in(before)
    for after in set(S) - MOVES[before] - {before}:
        with pytest.raises(DatabaseError, match=f"cannot go from {before} to {after}"):
            _write(quote, after)
    assert Quote.objects.get(pk=quote.pk).state == before


def test_a_revision_under_review_goes_when_the_sent_version_is_accepted(
    quote_in, rep, manager, contact, signature
):
    sent = quote_in(S.SENT)
    new = revise_quote(sent.pk, by=rep, at=NOON)
    change_quote(new.pk, {"discount_percent": Decimal(18)}, by=rep, at=NOON)
    assert submit_quote(new.pk, by=rep, at=NOON).state == "in_review"
    accept_quote(sent.pk, signature(sent), by=None, at=NOON, contact=contact)
    assert Quote.objects.get(pk=new.pk).state == "cancelled"
    assert new.approvals.get().state == ApprovalRequest.VOID
    with pytest.raises(Refused, match="decided already"):
        approve_quote(new.approvals.get().pk, by=manager, at=NOON)


def _write(quote, state):
    with transaction.atomic():
        Quote.objects.filter(pk=quote.pk).update(state=state.value)
