"""Choosing how parts of billing periods count and where the periods start."""

from datetime import date
from importlib import import_module

import pytest
from django.db import connection
from django.db.migrations.state import ProjectState

from q2c.kernel.errors import Refused
from q2c.kernel.proration_policy import BY_DAYS, STANDARD
from quotes.actions import (
    BookDraft,
    NewQuote,
    change_price_book,
    change_quote,
    create_quote,
    revise_quote,
    submit_quote,
)
from quotes.actions.sealing import seal_of
from quotes.models import Quote
from quotes.queries.prices import quote_terms
from quotes.rules.billing_terms import CHOICES, chosen, options, with_choice
from tests.quotes.conftest import NOON


@pytest.mark.parametrize("field", CHOICES)
def test_what_was_chosen_is_what_is_stored_and_leaves_the_rest(field):
    before = with_choice(with_choice({}, "billing_parts", "days_30"), "billing_starts", "day-22")
    others = [other for other in CHOICES if other != field]
    for key, _ in options(field):
        stored = with_choice(before, field, key)
        assert chosen(stored, field) == key
        assert [chosen(stored, x) for x in others] == [chosen(before, x) for x in others]


def test_the_first_choice_is_the_default():
    assert [chosen({}, field) for field in CHOICES] == [options(field)[0][0] for field in CHOICES]


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("day-22", "On the 22nd of the month"),
        ("day-13", "On the 13th of the month"),
        ("month-4", "On 1 April, quarters and years"),
    ],
)
def test_a_start_is_named_as_people_say_it(key, words):
    assert dict(options("billing_starts"))[key] == words


def test_a_policy_that_only_programs_set_is_none_of_the_choices():
    assert chosen({"anchor": "day_of_period", "day": 7, "month": 2}, "billing_starts") == ""
    with pytest.raises(Refused, match="one of the ways offered"):
        with_choice({}, "billing_parts", "by feel")


def test_a_quote_begins_with_its_books_policy_and_may_choose_another(draft, rep, admin, book):
    own = BookDraft(name=book.name, currency="EUR", proration={"anchor": "calendar"})
    change_price_book(book.pk, own, by=admin, at=NOON)
    new = NewQuote(customer_id=draft.customer_id, starts_on=date(2027, 2, 15))
    quote = create_quote(new, by=rep, at=NOON)
    assert (quote.proration, quote.anchor_on) == ({"anchor": "calendar"}, date(2027, 1, 1))
    by_days = change_quote(quote.pk, {"proration": {"basis": "days_30"}}, by=rep, at=NOON)
    assert by_days.anchor_on == date(2027, 2, 15)


def test_a_sealed_quote_leaves_nothing_of_its_policy_out(sent):
    assert sent.proration == STANDARD.to_json()


MIGRATION = import_module("quotes.migrations.0026_months_come_first").Migration


def test_what_was_priced_by_days_stays_so_and_a_sealed_quote_keeps_its_hash(sent, draft, book):
    # As a release wrote them to which the days of the whole period were the default.
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE quotes_quote DISABLE TRIGGER quotes_quote_is_final")
        cursor.execute("UPDATE quotes_quote SET proration = '{}'")
    sent.refresh_from_db()
    hash_then = seal_of(sent)
    Quote.objects.filter(pk=sent.pk).update(content_hash=hash_then)
    newest = Quote.objects.create(
        **{f.attname: getattr(draft, f.attname) for f in Quote._meta.fields if f.name != "id"}
        | {"number": "Q-NEW", "proration": {"anchor": "calendar"}, "content_hash": ""}
    )
    with connection.schema_editor() as editor:
        editor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for operation in MIGRATION.operations:
            operation.database_forwards("quotes", editor, ProjectState(), ProjectState())
    sent.refresh_from_db()
    newest.refresh_from_db()
    book.refresh_from_db()
    assert newest.proration == {"anchor": "calendar", "month_first": False}
    assert book.proration == {"month_first": False}
    assert quote_terms(sent).policy == BY_DAYS
    assert seal_of(sent) == sent.content_hash == hash_then
    newer = revise_quote(sent.pk, by=sent.owner, at=NOON)
    assert quote_terms(newer).policy == BY_DAYS
    submit_quote(newer.pk, by=sent.owner, at=NOON)
    newer.refresh_from_db()
    assert newer.proration == BY_DAYS.to_json()


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
