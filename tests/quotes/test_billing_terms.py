"""Choosing how parts of billing periods count and where the periods start."""

import pytest

from q2c.kernel.errors import Refused
from quotes.rules.billing_terms import PARTS, STARTS, parts_of, starts_of, with_parts, with_starts


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
