"""What a customer takes of an offer: options, quantities, one of each group; and signs exactly that."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from q2c.kernel.errors import Refused
from quotes.actions import accept_quote, choose, keep_selection, send_quote, submit_quote
from quotes.models import Quote, QuoteLine
from quotes.queries import (
    accepted_quote,
    agreed_schedule,
    counts_by_state,
    evidence_of,
    outcomes,
    with_taken,
)
from quotes.rules.choosing import Offered, Picks, as_proposed, take
from tests.quotes.conftest import NOON

D = Decimal


def line(id, **more):
    values = {"is_optional": False, "is_chosen": True, "quantity": D(1), **more}
    return Offered(id=id, label=f"Line {id}", **values)


PLANS = [
    line(1, group="Plan", choice="Good", is_chosen=False),
    line(2, group="Plan", choice="Better"),
    line(3, group="Plan", choice="Best", is_chosen=False),
    line(4, is_optional=True, is_chosen=False, quantity=D(2), least=D(1), most=D(5)),
]


def on(picks):
    taken, problems = take(PLANS, picks)
    assert not problems
    return [(id, one.quantity) for id, one in taken.items() if one.is_chosen]


def test_as_proposed_takes_what_was_proposed():
    assert on(as_proposed(PLANS)) == [(2, D(1))]


def test_exactly_one_of_a_group_is_taken():
    assert on(Picks(choices={"Plan": "Best"})) == [(3, D(1))]
    for choices in ({}, {"Plan": "Royal"}):
        _taken, (problem,) = take(PLANS, Picks(choices=choices))
        assert (problem.kind, problem.label) == ("choice", "Plan")


@pytest.mark.parametrize(("quantity", "is_offered"), [(0, 0), (1, 1), (5, 1), ("5.5", 0)])
def test_an_option_is_taken_within_its_quantities(quantity, is_offered):
    picks = Picks(frozenset({4}), {4: D(quantity)}, {"Plan": "Good"})
    _taken, problems = take(PLANS, picks)
    assert not problems if is_offered else problems[0].label == "Line 4"
    assert not take(PLANS, Picks(quantities={4: D(99)}, choices={"Plan": "Good"}))[1]  # not taken


def test_options_of_a_bundle_go_with_it_in_its_quantity():
    lines = [
        line(1, is_optional=True, quantity=D(2), most=D(9)),
        line(2, follows=1, quantity=D(6)),
    ]
    taken, _problems = take(lines, Picks(frozenset({1}), {1: D(3)}))
    assert (taken[2].is_chosen, taken[2].quantity) == (True, D(9))
    assert not take(lines, Picks())[0][2].is_chosen


def test_an_option_that_goes_beyond_its_own_limit_with_its_bundle_is_refused():
    lines = [
        line(1, is_optional=True, quantity=D(2), most=D(9)),
        line(2, follows=1, quantity=D(6), most=D(8)),
        line(3, follows=1, stands_once=True),
    ]
    taken, (problem,) = take(lines, Picks(frozenset({1}), {1: D(3)}))
    assert (problem.label, problem.most) == ("Line 2", D(8))
    assert taken[3].quantity == 1


def test_whoever_switches_an_optional_bundle_on_gets_all_of_it():
    off = {"is_optional": True, "is_chosen": False}
    lines = [line(1, **off), line(2, follows=1, **off), line(3, follows=2, **off)]
    taken, _problems = take(lines, Picks(frozenset({1})))
    assert [one.is_chosen for one in taken.values()] == [True, True, True]
    taken, _problems = take(lines, Picks(frozenset({2, 3})))
    assert not any(one.is_chosen for one in taken.values())


@pytest.fixture
def choosable(draft, take, rep):
    """Support for ten; a plan of three; a router on demand, one to five; sent."""
    lines = [take(draft, sku, n) for sku, n in (("SUP", 10), ("SETUP", 1), ("SLA", 1), ("BOX", 2))]
    for one, changes in zip(
        lines,
        (
            {},
            {"choice_group": "Plan", "choice": "Good"},
            {"choice_group": "Plan", "choice": "Best", "is_chosen": False},
            {"is_optional": True, "is_chosen": False, "min_quantity": 1, "max_quantity": 5},
        ),
        strict=True,
    ):
        QuoteLine.objects.filter(pk=one.pk).update(**changes)
    from quotes.actions import change_quote

    change_quote(draft.pk, {"title": "Choose"}, by=rep, at=NOON)
    submit_quote(draft.pk, by=rep, at=NOON)
    return send_quote(draft.pk, by=rep, at=NOON)


def lines_of(quote):
    return list(quote.lines.order_by("position"))


def best(quote, routers=3):
    *_rest, router = lines_of(quote)
    return Picks(frozenset({router.pk}), {router.pk: D(routers)}, {"Plan": "Best"})


def test_the_first_invoice_is_taxed_for_what_is_taken_alone(choosable):
    assert choosable.first_invoice_total == 100 + 249
    assert choosable.tax_on_first_invoice == D("66.31")  # 19 %
    choice = choose(choosable, lines_of(choosable), best(choosable))
    assert choice.quote.first_invoice_total == 100 + 1200  # routers when they are shipped
    assert choice.quote.tax_on_first_invoice == 247


def test_the_total_follows_what_is_picked_by_the_one_engine(choosable):
    assert choosable.contract_total == 12 * 100 + 249
    choice = choose(choosable, lines_of(choosable), best(choosable))
    assert choice.quote.contract_total == 12 * 100 + 1200 + 3 * 189
    assert not choice.is_as_proposed
    assert Quote.objects.get(pk=choosable.pk).contract_total == 1449  # nothing was saved


def test_what_is_signed_is_what_was_chosen_and_nothing_else_is_ordered(choosable, signature):
    kept = keep_selection(choosable.pk, best(choosable), made_by="Ida", at=NOON)
    assert kept == keep_selection(choosable.pk, best(choosable), made_by="Ida", at=NOON)
    accept_quote(
        choosable.pk, signature(choosable, content_hash=kept.content_hash),
        by=None, at=NOON, contact=None,
    )  # fmt: skip
    accepted = accepted_quote(choosable.pk)
    assert [(x.description, x.quantity) for x in accepted.lines] == [
        ("Support", D(10)), ("Service level", D(1)), ("Router", D(3)),
    ]  # fmt: skip
    assert accepted.contract_total == sum(x.contract_total for x in accepted.lines) == 2967
    assert accepted.document_id == kept.document_id != choosable.document_id
    assert accepted.content_hash == kept.content_hash != choosable.content_hash
    assert sum(charge.net.amount for _line, charge in agreed_schedule(choosable.pk)) == 2967
    assert Quote.objects.get(pk=choosable.pk).content_hash == choosable.content_hash
    [_sent, chosen] = evidence_of(choosable.pk).documents
    assert (chosen.sha256, [event.words for event in chosen.events]) == (
        kept.document_id,
        ["What was chosen was written down, to be signed", "The offer was accepted and signed"],
    )


def test_what_was_chosen_is_shown_and_counted_from_then_on(choosable, signature, client, rep):
    kept = keep_selection(choosable.pk, best(choosable), made_by="Ida", at=NOON)
    accept_quote(
        choosable.pk, signature(choosable, content_hash=kept.content_hash),
        by=None, at=NOON, contact=None,
    )  # fmt: skip
    client.force_login(rep)
    shown = client.get(reverse("quotes:pdf", args=[choosable.pk])).content
    assert shown == bytes(kept.document.content) != bytes(choosable.document.content)
    (row,) = with_taken(Quote.objects.all())
    assert (row.contract_total, row.taken_total, row.taken_once) == (1449, 2967, 567)
    assert counts_by_state(Quote.objects.all())["accepted"] == (1, [(D(2967), "EUR")])
    assert outcomes(Quote.objects.all(), since=NOON - timedelta(days=9)).rows[0].total == 2967


def test_what_was_chosen_never_changes(choosable):
    kept = keep_selection(choosable.pk, best(choosable), made_by="Ida", at=NOON)
    kept.totals = {}
    with pytest.raises(DatabaseError), transaction.atomic():
        kept.save()


def test_another_choice_than_the_kept_one_cannot_be_signed(choosable, signature):
    two = choose(choosable, lines_of(choosable), best(choosable, routers=2))
    with pytest.raises(Refused, match="not the one you were shown"):
        accept_quote(
            choosable.pk, signature(choosable, content_hash=two.content_hash),
            by=None, at=NOON, contact=None,
        )  # fmt: skip


def test_what_is_not_offered_is_refused_in_words(choosable):
    with pytest.raises(Refused, match="“Router” is offered from 1 to 5"):
        choose(choosable, lines_of(choosable), best(choosable, routers=6))
    with pytest.raises(Refused, match="“Router” is offered in whole numbers"):
        choose(choosable, lines_of(choosable), best(choosable, routers="1.5"))
    with pytest.raises(Refused, match="Choose exactly one of “Plan”"):
        choose(choosable, lines_of(choosable), Picks())


def test_an_offer_proposes_exactly_one_of_a_group(draft, take, rep):
    for choice in ("Good", "Best"):
        made = take(draft, "SETUP")
        QuoteLine.objects.filter(pk=made.pk).update(choice_group="Plan", choice=choice)
    with pytest.raises(Refused, match="exactly one choice of a group"):
        submit_quote(draft.pk, by=rep, at=NOON)
