# ruff: noqa: F811
"""What becomes of a quote whose lines went into another one, and how that is undone."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from q2c.infra.bus import history
from q2c.kernel.errors import IllegalTransition, Refused
from quotes.actions import (
    accept_quote,
    cancel_quote,
    change_quote,
    decline_quote,
    redo_edit,
    remove_lines,
    revise_quote,
    submit_quote,
    undo_edit,
)
from quotes.models import Quote
from quotes.queries import successor
from tests.api.conftest import api_for  # noqa: F401
from tests.quotes.conftest import NOON
from tests.quotes.test_merging import (  # noqa: F401
    branch,
    lines_of,
    merge,
    offered,
    other,
    shape,
    stored,
)

D = Decimal
LATER = NOON + timedelta(minutes=1)


def test_a_draft_is_closed_and_names_where_its_lines_are(full_draft, branch, merge):
    merged = merge(full_draft, branch)
    closed = stored(branch)
    assert (closed.state, closed.merged_into) == ("cancelled", merged)
    told = history("quote", closed.pk).first()
    assert (told.name, told.reason) == ("QuoteMergedAway", f"Merged into {merged}")
    told = history("quote", merged.pk).first()
    assert told.changes["merged in"] == ["", f"{branch} (2 lines)"]


def test_an_approved_one_is_closed_and_the_draft_needs_its_own_approval(
    full_draft, branch, rep, merge
):
    submit_quote(branch.pk, by=rep, at=NOON)
    assert stored(branch).state == "approved"
    assert merge(full_draft, branch).state == "draft"
    assert stored(branch).state == "cancelled"


def test_what_the_customer_has_stays_theirs_until_the_one_quote_is_sent(
    full_draft, branch, merge, offered, signature
):
    # A17 and A18: never both
    sent = offered(branch)
    merge(full_draft, sent)
    assert (stored(sent).state, stored(sent).merged_into_id) == ("sent", full_draft.pk)
    offered(full_draft)
    assert stored(sent).state == "superseded"
    assert successor(stored(sent)) == stored(full_draft)
    with pytest.raises(IllegalTransition, match="cannot accept while superseded"):
        accept_quote(sent.pk, signature(sent), by=None, at=NOON, contact=None)


def test_a_sent_version_goes_with_the_draft_of_the_next(full_draft, branch, rep, merge, offered):
    first = offered(branch)
    second = revise_quote(first.pk, by=rep, at=NOON)
    with pytest.raises(Refused, match=f"{second} is newer. Merge that one."):
        merge(full_draft, first)
    merge(full_draft, second)
    assert [stored(x).state for x in (first, second)] == ["sent", "cancelled"]
    with pytest.raises(Refused, match=f"Its lines are in {full_draft}"):
        revise_quote(first.pk, by=rep, at=NOON)
    offered(full_draft)
    assert stored(first).state == "superseded"


def test_what_was_accepted_meanwhile_is_not_offered_again(
    full_draft, branch, rep, merge, offered, signature
):
    sent = offered(branch)
    merge(full_draft, sent)
    accept_quote(sent.pk, signature(sent), by=None, at=NOON, contact=None)
    with pytest.raises(Refused, match=f"The customer accepted {sent}, which was merged"):
        submit_quote(full_draft.pk, by=rep, at=NOON)
    ids = full_draft.lines.exclude(from_line=None).values_list("pk", flat=True)
    remove_lines(full_draft.pk, list(ids), by=rep, at=NOON)
    assert submit_quote(full_draft.pk, by=rep, at=NOON).state == "approved"


def test_an_offer_stands_for_itself_again_when_the_draft_is_withdrawn(
    full_draft, branch, rep, merge, offered, signature
):
    sent = offered(branch)
    merge(full_draft, sent)
    cancel_quote(full_draft.pk, by=rep, at=NOON, reason="Too large")
    assert (stored(sent).state, stored(sent).merged_into) == ("sent", None)
    assert history("quote", sent.pk).first().name == "QuoteUnmerged"
    accept_quote(sent.pk, signature(sent), by=None, at=NOON, contact=None)


def test_an_offer_of_which_no_line_is_left_is_not_replaced(full_draft, branch, rep, merge, offered):
    sent = offered(branch)
    merge(full_draft, sent)
    ids = full_draft.lines.exclude(from_line=None).values_list("pk", flat=True)
    remove_lines(full_draft.pk, list(ids), by=rep, at=NOON)
    offered(full_draft)
    assert (stored(sent).state, stored(sent).merged_into) == ("sent", None)


def test_declined_offers_are_replaced_too(full_draft, branch, merge, offered, contact):
    sent = offered(branch)
    decline_quote(sent.pk, "Only together", by=None, at=NOON, contact=contact)
    merge(full_draft, sent)
    offered(full_draft)
    assert stored(sent).state == "superseded"


# Undo


def test_undo_gives_both_back_as_they_were(full_draft, branch, rep, merge):
    change_quote(branch.pk, {"notes": "Ring twice."}, by=rep, at=NOON)
    before = shape(full_draft)
    merge(full_draft, branch, at=LATER)
    undo_edit(full_draft.pk, by=rep, at=LATER)
    assert shape(full_draft) == before
    assert (stored(full_draft).notes, stored(branch).notes) == ("", "Ring twice.")
    assert (stored(branch).state, stored(branch).merged_into) == ("draft", None)
    with pytest.raises(Refused, match=f"{branch} stands for itself again"):
        redo_edit(full_draft.pk, by=rep, at=LATER)
    assert merge(full_draft, branch, at=LATER).lines.count() == 6


def test_undo_gives_an_offer_back_to_itself(full_draft, branch, rep, merge, offered):
    sent = offered(branch)
    merge(full_draft, sent, at=LATER)
    undo_edit(full_draft.pk, by=rep, at=LATER)
    assert (stored(sent).state, stored(sent).merged_into) == ("sent", None)


def test_undo_is_refused_once_another_version_was_begun(full_draft, branch, rep, merge, offered):
    first = offered(branch)
    second = revise_quote(first.pk, by=rep, at=NOON)
    merge(full_draft, second, at=LATER)
    Quote.objects.filter(pk=first.pk).update(merged_into=None)
    revise_quote(first.pk, by=rep, at=LATER)
    with pytest.raises(Refused, match=r"Another version .* is under way"):
        undo_edit(full_draft.pk, by=rep, at=LATER)
    assert full_draft.lines.count() == 6


def test_the_database_revives_no_cancelled_quote_but_a_merged_one(full_draft, branch, rep, merge):
    cancel_quote(full_draft.pk, reason="They wait.", by=rep, at=NOON)
    with pytest.raises(DatabaseError, match="to draft: it was not merged"), transaction.atomic():
        Quote.objects.filter(pk=full_draft.pk).update(state="draft")
    assert stored(full_draft).state == "cancelled"
