"""Choosing how parts of billing periods count and where the periods start."""

from datetime import date

import pytest

from q2c.kernel.errors import Refused
from quotes.actions import BookDraft, NewQuote, change_price_book, change_quote, create_quote
from quotes.rules.billing_terms import PARTS, STARTS, parts_of, starts_of, with_parts, with_starts
from tests.quotes.conftest import NOON


@pytest.mark.parametrize("parts", PARTS)
@pytest.mark.parametrize("start", STARTS)
def test_what_was_chosen_is_what_is_stored(parts, start):
    stored = with_starts(with_parts({}, parts), start)
    assert (parts_of(stored), starts_of(stored)) == (parts, start)


def test_one_choice_leaves_the_other():
    stored = with_parts({"anchor": "calendar", "basis": "days_30"}, "round_up")
    assert (parts_of(stored), starts_of(stored)) == ("round_up", "calendar")


def test_a_policy_that_only_programs_set_is_none_of_the_choices():
    assert starts_of({"anchor": "day_of_period", "day": 7}) == ""
    with pytest.raises(Refused, match="one of the ways offered"):
        with_parts({}, "by feel")


def test_a_quote_begins_with_its_books_policy_and_may_choose_another(draft, rep, admin, book):
    own = BookDraft(name=book.name, currency="EUR", proration={"anchor": "calendar"})
    change_price_book(book.pk, own, by=admin, at=NOON)
    new = NewQuote(customer_id=draft.customer_id, starts_on=date(2027, 2, 15))
    quote = create_quote(new, by=rep, at=NOON)
    assert (quote.proration, quote.anchor_on) == ({"anchor": "calendar"}, date(2027, 1, 1))
    by_days = change_quote(quote.pk, {"proration": {"basis": "days_30"}}, by=rep, at=NOON)
    assert by_days.anchor_on == date(2027, 2, 15)


def test_a_policy_that_nobody_knows_is_refused(draft, rep):
    with pytest.raises(Refused, match="“moon” is not a choice here"):
        change_quote(draft.pk, {"proration": {"basis": "moon"}}, by=rep, at=NOON)


def test_the_policy_is_chosen_in_the_editor(draft, rep, client):
    client.force_login(rep)
    chosen = {"field": "billing_starts", "billing_starts": "calendar", "seen": draft.edit_version}
    assert client.post(f"/quotes/{draft.pk}/terms/", chosen).status_code == 200
    draft.refresh_from_db()
    assert draft.proration == {"anchor": "calendar"}
    page = client.get(f"/quotes/{draft.pk}/edit/").content.decode()
    assert '<option value="calendar" selected>On the 1st of the month</option>' in page
