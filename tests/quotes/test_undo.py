"""A draft remembers each person's edits: they merge cell by cell, and can be taken back."""

from datetime import timedelta
from decimal import Decimal

import pytest

from q2c.kernel.errors import Refused, StaleVersion
from quotes.actions import (
    add_text,
    change_lines,
    change_quote,
    redo_edit,
    remove_line,
    reorder_lines,
    undo_edit,
)
from quotes.models import Quote
from tests.quotes.conftest import NOON

NOON = NOON.replace(microsecond=123456)
LATER = NOON + timedelta(minutes=5)


@pytest.fixture
def change(full_draft, rep):
    def change(number, at=NOON, by=rep, seen=None, typing_on=False, **cells):
        line = full_draft.lines.all()[number]
        who = {"by": by, "at": at, "seen": seen, "typing_on": typing_on}
        change_lines(full_draft.pk, [line.pk], cells, **who)
        return full_draft.lines.get(pk=line.pk)

    return change


def now(quote):
    return Quote.objects.get(pk=quote.pk)


def says(quote):
    """What the draft says and what it comes to."""
    fresh = now(quote)
    lines = fresh.lines.values_list(
        "pk", "position", "quantity", "discount_percent", "agreed_unit_price", "contract_total"
    )
    return fresh.term_months, fresh.contract_total, list(lines)


def test_every_edit_is_undone_in_turn_and_done_again(full_draft, rep, change, take):
    seen = [says(full_draft)]
    steps = [
        lambda at: change(0, at=at, quantity=Decimal(12)),
        lambda at: change(0, at=at, agreed_unit_price=Decimal(9), discount_percent=Decimal(5)),
        lambda at: change_quote(full_draft.pk, {"term_months": 24}, by=rep, at=at),
        lambda at: take(full_draft, "HOME", 2),
        lambda at: (
            reorder_lines(
                full_draft.pk,
                [full_draft.lines.last().pk],
                before=full_draft.lines.last().pk,
                by=rep,
                at=at,
            )
            and reorder_lines(
                full_draft.pk,
                [full_draft.lines.all()[3].pk],
                before=full_draft.lines.first().pk,
                by=rep,
                at=at,
            )
        ),
        lambda at: remove_line(full_draft.lines.get(kind="bundle").pk, by=rep, at=at),
    ]
    for minute, step in enumerate(steps):
        step(NOON + timedelta(minutes=minute))
        seen.append(says(full_draft))
    assert seen[-1][0] == 24
    for before in reversed(seen[:-1]):
        undo_edit(full_draft.pk, by=rep, at=LATER)
        assert says(full_draft) == before
    for _ in range(4):  # the lines it began with
        undo_edit(full_draft.pk, by=rep, at=LATER)
    with pytest.raises(Refused, match="nothing of yours"):
        undo_edit(full_draft.pk, by=rep, at=LATER)
    for _ in range(4 + len(steps)):
        redo_edit(full_draft.pk, by=rep, at=LATER)
    assert says(full_draft) == seen[-1]
    with pytest.raises(Refused, match="nothing to do again"):
        redo_edit(full_draft.pk, by=rep, at=LATER)


def test_typing_on_in_a_cell_is_one_step(full_draft, rep, change):
    for second, quantity in enumerate((1, 12, 125)):
        at = NOON + timedelta(seconds=second)
        change(0, at=at, quantity=Decimal(quantity), typing_on=second > 0)
    edit = undo_edit(full_draft.pk, by=rep, at=LATER)
    assert edit.label == "Support, quantity 12 → 125"
    assert full_draft.lines.first().quantity == 10


def test_what_is_typed_back_to_what_it_was_is_no_step(full_draft, rep, change):
    change(1, quantity=Decimal(3))
    change(0, at=LATER, quantity=Decimal(12))
    change(0, at=LATER, quantity=Decimal(10), typing_on=True)
    assert undo_edit(full_draft.pk, by=rep, at=LATER).label == "Router, quantity 1 → 3"
    assert redo_edit(full_draft.pk, by=rep, at=LATER).label == "Router, quantity 1 → 3"


def test_after_a_new_edit_there_is_nothing_to_do_again(full_draft, rep, change):
    change(0, quantity=Decimal(12))
    undo_edit(full_draft.pk, by=rep, at=LATER)
    change(1, at=LATER, quantity=Decimal(2))
    with pytest.raises(Refused, match="nothing to do again"):
        redo_edit(full_draft.pk, by=rep, at=LATER)


def test_edits_of_two_people_to_different_cells_both_stand(full_draft, manager, change):
    seen = full_draft.edit_version
    change(0, by=manager, quantity=Decimal(20))
    change(0, seen=seen, discount_percent=Decimal(5))
    change(1, seen=seen, quantity=Decimal(3))
    assert [(line.quantity, line.discount_percent) for line in full_draft.lines.all()[:2]] == [
        (20, 5),
        (3, 0),
    ]


def test_the_same_cell_conflicts_and_so_does_removing_a_changed_line(
    full_draft, rep, manager, change
):
    seen = full_draft.edit_version
    change(0, by=manager, quantity=Decimal(20))
    with pytest.raises(StaleVersion):
        change(0, seen=seen, quantity=Decimal(30))
    with pytest.raises(StaleVersion):
        remove_line(full_draft.lines.first().pk, by=rep, at=NOON, seen=seen)
    assert full_draft.lines.first().quantity == 20


def test_undo_leaves_other_peoples_edits_alone(full_draft, rep, manager, change):
    change(0, quantity=Decimal(12))
    change(1, by=manager, quantity=Decimal(3))
    undo_edit(full_draft.pk, by=rep, at=LATER)
    assert [line.quantity for line in full_draft.lines.all()[:2]] == [10, 3]
    change(0, at=LATER, quantity=Decimal(13))
    change(0, by=manager, at=LATER, quantity=Decimal(14))
    with pytest.raises(Refused, match="“Support” was changed again since"):
        undo_edit(full_draft.pk, by=rep, at=LATER)
    assert full_draft.lines.first().quantity == 14


def test_a_section_moves_with_its_lines_and_lines_move_into_it(full_draft, rep):
    section = add_text(full_draft.pk, "section", "Hardware", by=rep, at=NOON)
    support, router, setup, calls, _ = full_draft.lines.all()
    reorder_lines(full_draft.pk, [router.pk, setup.pk], section=section.pk, by=rep, at=NOON)
    assert list(full_draft.lines.all()) == [support, calls, section, router, setup]
    reorder_lines(full_draft.pk, [section.pk], before=support.pk, by=rep, at=NOON)
    assert list(full_draft.lines.all()) == [section, router, setup, support, calls]


def test_an_option_stays_within_its_bundle(full_draft, rep, take):
    bundle = take(full_draft, "HOME")
    option = full_draft.lines.filter(parent=bundle).first()
    with pytest.raises(Refused, match="stays within its bundle"):
        reorder_lines(full_draft.pk, [option.pk], before=full_draft.lines.first().pk, by=rep, at=NOON)  # fmt: skip


def test_many_lines_change_at_once_and_what_cannot_is_passed_over(full_draft, rep):
    add_text(full_draft.pk, "note", "Delivered by us.", by=rep, at=NOON)
    pks = [line.pk for line in full_draft.lines.all()]
    change_lines(full_draft.pk, pks, {"discount_percent": Decimal(10)}, by=rep, at=NOON)
    assert [line.discount_percent for line in full_draft.lines.all()] == [10, 10, 10, 10, 0]
    assert now(full_draft).contract_total == Decimal("1474.20")  # 90 % of 1,638


def test_of_a_choice_only_the_proposed_one_counts(full_draft, rep, change):
    from quotes.actions import recommend_choice

    change(0, choice_group="Service", choice="Good")
    change(1, choice_group="Service", choice="Better")
    assert [line.is_chosen for line in full_draft.lines.all()] == [True, False, True, True]
    assert now(full_draft).contract_total == Decimal(1449)
    recommend_choice(full_draft.pk, "Service", "Better", by=rep, at=NOON)
    assert [line.is_chosen for line in full_draft.lines.all()] == [False, True, True, True]
    assert now(full_draft).contract_total == Decimal(438)
    change(1, choice_group="", choice="")
    assert [line.is_chosen for line in full_draft.lines.all()] == [True, True, True, True]


def test_an_option_that_is_off_counts_nothing_and_stays_within_its_bounds(full_draft, change):
    change(1, is_optional=True, is_chosen=False, max_quantity=Decimal(3))
    assert now(full_draft).contract_total == Decimal(1449)
    with pytest.raises(Refused, match="lies outside what the customer may choose"):
        change(1, quantity=Decimal(4))
    with pytest.raises(Refused, match="Only optional lines can be off"):
        change(2, is_chosen=False)


def test_an_agreed_price_stays_until_it_is_cleared(full_draft, rep, change):
    line = change(0, agreed_unit_price=Decimal(8), price_reason="Matches their old supplier")
    assert (line.net_per_period, line.negotiated_by, line.negotiated_at) == (80, rep, NOON)
    line = change(0, quantity=Decimal(12))
    assert line.net_per_period == 96
    line = change(0, agreed_unit_price=None)
    assert (line.net_per_period, line.negotiated_by, line.price_reason) == (120, None, "")
