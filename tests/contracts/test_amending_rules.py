"""Which days of a contract can be amended."""

from datetime import date

import pytest

from contracts.rules.amending import check_day, term_end_on
from contracts.rules.drafting import Wording, draw_up_amendment
from q2c.kernel.errors import Refused

JANUARY, NEXT = date(2027, 1, 1), date(2028, 1, 1)


@pytest.mark.parametrize(
    ("auto_renew", "on", "end"),
    [
        (False, date(2028, 6, 1), NEXT),
        (True, date(2027, 12, 31), NEXT),
        (True, NEXT, date(2029, 1, 1)),
        (True, date(2031, 5, 5), date(2032, 1, 1)),
    ],
)
def test_a_contract_that_renews_by_itself_goes_on_by_its_term(auto_renew, on, end):
    assert term_end_on(JANUARY, NEXT, term_months=12, auto_renew=auto_renew, on=on) == end


@pytest.mark.parametrize("on", [date(2026, 12, 31), NEXT])
def test_only_a_day_on_which_it_runs_can_be_chosen(on):
    check_day(JANUARY, starts_on=JANUARY, ends_on=NEXT)
    with pytest.raises(Refused, match="while the contract runs"):
        check_day(on, starts_on=JANUARY, ends_on=NEXT)


def test_an_amendment_takes_the_clauses_made_for_one():
    clauses = [
        Wording("Term", "A year.", version_id=1),
        Wording("Change", "Changes {{ amended_contract }}.", "amendment", version_id=2),
    ]
    values = {"amended_contract": "C-1"}
    text = draw_up_amendment(clauses, facts=frozenset(), values=values, language="en")
    assert text == [Wording("Change", "Changes C-1.", version_id=2)]
