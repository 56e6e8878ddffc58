import pytest

from billing.rules.states import INVOICE_LIFECYCLE, PAYMENT_LIFECYCLE
from contracts.rules.states import LIFECYCLE as CONTRACT
from orders.rules.states import ORDER_LIFECYCLE, SUBSCRIPTION_LIFECYCLE
from q2c.kernel.errors import IllegalTransition
from quotes.rules.states import LIFECYCLE as QUOTE

TABLES = [
    QUOTE,
    CONTRACT,
    ORDER_LIFECYCLE,
    SUBSCRIPTION_LIFECYCLE,
    INVOICE_LIFECYCLE,
    PAYMENT_LIFECYCLE,
]


@pytest.mark.parametrize("table", TABLES)
def test_every_state_can_be_reached_from_the_start(table):
    reached, frontier = {table.start}, [table.start]
    while frontier:
        state = frontier.pop()
        for verb in table.verbs(state):
            after = table.after(state, verb)
            if after not in reached:
                reached.add(after)
                frontier.append(after)
    assert reached == set(type(table.start))


@pytest.mark.parametrize("table", TABLES)
def test_a_verb_that_the_state_does_not_allow_is_refused_in_words(table):
    verbs = {verb for _, verb in table.moves}
    for state in type(table.start):
        for verb in verbs - set(table.verbs(state)):
            with pytest.raises(IllegalTransition, match=r"You cannot .* while"):
                table.after(state, verb)
