"""Where ordered things stand, and how many kits their parts make."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.rules.delivery import Delivery, kit_delivery, line_state, to_close


def thing(ordered, delivered=0, closed=0, **given):
    return Delivery(Decimal(ordered), Decimal(delivered), Decimal(closed), **given)


@pytest.mark.parametrize(
    ("one", "state"),
    [
        (thing(7), "open"),
        (thing(7, 5), "open"),
        (thing(7, 5, 1), "open"),
        (thing(7, 7), "delivered"),
        (thing(7, 5, 2), "short_closed"),
        (thing(7, 0, 7), "cancelled"),
        (thing(1, is_delivered=False), "needs_no_delivery"),
        (thing(1, 0, 1, is_delivered=False), "cancelled"),
    ],
)
def test_a_line_is_open_until_all_of_it_is_delivered_or_given_up(one, state):
    assert line_state(one, is_order_cancelled=False) == state
    assert line_state(one, is_order_cancelled=True) == "cancelled"


def test_kits_are_delivered_as_often_as_all_their_parts_are():
    # Three screws a kit: fourteen make four, and two over.
    assert kit_delivery(Decimal(7), [thing(7, 5), thing(21, 14)]) == thing(7, 4)
    assert kit_delivery(Decimal(7), [thing(7, 5), thing(21, 15)]) == thing(7, 5)
    assert kit_delivery(Decimal(7), [thing(7, 7), thing(21, 0)]) == thing(7)
    # One manual for all seven: without it there is none, with it all the others make.
    assert kit_delivery(Decimal(7), [thing(7, 5), thing(1)]) == thing(7)
    assert kit_delivery(Decimal(7), [thing(7, 5), thing(1, 1)]) == thing(7, 5)


def test_kits_that_the_parts_make_no_more_are_given_up():
    assert kit_delivery(Decimal(7), [thing(7, 5, 2), thing(7, 5, 2)]) == thing(7, 5, 2)
    assert kit_delivery(Decimal(7), [thing(7, 5, 2), thing(7, 5)]) == thing(7, 5, 2)
    assert kit_delivery(Decimal("1.5"), [thing("1.5", "1.5")]) == thing("1.5", "1.5")


@pytest.mark.parametrize(
    ("part", "given_up"),
    [
        (thing(7, 5), 2),
        (thing(7, 6), 1),  # one more left than makes kits: it stays delivered
        (thing(21, 15), 6),
        (thing(1), 0),  # one for all kits stays for the others
        (thing("3.5"), 1),
    ],
)
def test_two_of_seven_kits_take_their_share_of_each_part(part, given_up):
    assert to_close(Decimal(2), of=Decimal(7), part=part) == given_up


@given(
    st.integers(1, 50),
    st.lists(st.tuples(st.integers(1, 9), st.integers(0, 100), st.integers(0, 100)), min_size=1),
)
def test_giving_up_all_kits_that_are_left_leaves_none_open(kits, parts):
    ordered = [per * kits for per, _, _ in parts]
    shipped = [count * some // 100 for count, (_, some, _) in zip(ordered, parts, strict=True)]
    before = [thing(count, sent) for count, sent in zip(ordered, shipped, strict=True)]
    left = kit_delivery(Decimal(kits), before).left
    after = [
        thing(part.ordered, part.delivered, to_close(left, of=Decimal(kits), part=part))
        for part in before
    ]
    kit = kit_delivery(Decimal(kits), after)
    assert kit.left == 0
    assert kit.delivered == kit_delivery(Decimal(kits), before).delivered
