# ruff: noqa: F811
"""A renewal is ordered and the order is cancelled: what it replaced runs on, billed once and in full."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from billing.actions.runs import start_run, work_off
from billing.models import AgreedCharge, Charge, Invoice, InvoiceLine, RunOutcome
from billing.queries.agreed import parity
from contracts.actions import terminate_contract
from contracts.models import Contract
from orders.actions import cancel_order, draft_renewal
from orders.models import Order, Subscription
from q2c.infra.bus import history
from q2c.kernel.errors import Refused
from quotes.actions import change_quote
from quotes.models import Quote
from revenue.queries.checks import check_books
from tests.contracts.factories import a_contract, sign
from tests.scenarios.test_amendments import (  # noqa: F401
    NOON,
    THEN,
    _alone,
    close,
    contract,
)

NEXT_YEAR, THIRD_YEAR = date(2028, 1, 1), date(2029, 1, 1)
AUTUMN = datetime(2027, 10, 5, 12, tzinfo=UTC)


@pytest.fixture
def renewal(contract, rep, close):
    """The signed renewal of 2028, and its order."""
    quote = Quote.objects.get(pk=draft_renewal(contract.pk, by=rep, at=AUTUMN))
    return close(quote, at=AUTUMN)


@pytest.fixture
def give_up(renewal, admin):
    """`give_up()` cancels the renewal's order."""

    def give_up(at=AUTUMN):
        order = Order.objects.get(contract=renewal)
        return cancel_order(order.pk, reason="Ordered too early", by=admin, at=at)

    return give_up


def running(contract):
    return Subscription.objects.get(contract=contract)


def bill(on):
    at = datetime(on.year, on.month, on.day, 12, tzinfo=UTC)
    work_off(start_run(on=on, post=True, deliver=False, by=None, at=at).pk, at=at)
    assert not RunOutcome.objects.exclude(reason="").exists()


def billed(contract, sku):
    """The days for which invoices charge a product, and what they come to."""
    lines = InvoiceLine.objects.filter(
        charge__contract_id=contract.pk, charge__product__sku=sku, invoice__kind="invoice"
    ).order_by("period_start")
    return [(line.period_start, line.period_end, line.net) for line in lines]


def test_what_was_renewed_runs_on_as_it_would_have(contract, renewal, give_up):
    before = running(contract)
    assert (before.state, before.ends_on) == ("cancelled", NEXT_YEAR)
    give_up()
    after = running(contract)
    assert (after.state, after.ends_on, after.cancelled_at) == ("running", None, None)
    assert (after.cancel_reason, after.renewed_by, after.ends_on_unrenewed) == ("", None, None)
    told = history("subscription", after.pk).first()
    assert (told.name, told.changes) == ("SubscriptionRevived", {"ends_on": ["2028-01-01", ""]})
    given_up = Contract.objects.get(pk=renewal.pk)
    assert (given_up.state, given_up.terminated_on) == ("terminated", NEXT_YEAR)
    assert "Ordered too early" in given_up.termination_reason
    assert Contract.objects.get(pk=contract.pk).state == "signed"


def test_every_month_is_billed_once_before_and_after(contract, give_up):
    bill(date(2027, 6, 1))
    give_up()
    bill(date(2028, 3, 1))
    months = billed(contract, "SUP")
    assert [start for start, _end, _net in months] == [
        *(date(2027, month, 1) for month in range(1, 13)),
        *(date(2028, month, 1) for month in range(1, 4)),
    ]
    assert [end for _start, end, _net in months][:-1] == [start for start, _e, _n in months][1:]
    assert {net for *_days, net in months} == {Decimal(100)}
    assert billed(contract, "SLA") == [
        (date(2027, 1, 1), NEXT_YEAR, Decimal(1200)),
        (NEXT_YEAR, THIRD_YEAR, Decimal(1200)),
    ]
    assert not Invoice.objects.filter(kind="credit_note").exists()
    assert not check_books()
    found = parity(contract.pk)
    assert (found.agreed, found.invoiced, found.released) == (2400, 2400, 0)


def test_nothing_of_the_renewal_is_billed(renewal, give_up):
    give_up()
    bill(date(2028, 3, 1))
    assert not InvoiceLine.objects.filter(charge__contract_id=renewal.pk).exists()
    assert not Charge.objects.filter(contract_id=renewal.pk).exclude(next_on=None).exists()
    agreed = AgreedCharge.objects.filter(charge__contract_id=renewal.pk)
    assert agreed.exists()
    assert not agreed.filter(released_on=None).exists()


def test_what_was_billed_and_credited_beyond_the_end_is_billed_again(
    customer, contact, rep, cfo, book, template, close, admin
):
    """A price every four weeks, signed elsewhere: the last four of the year reach into January."""
    book.prices.filter(product__sku="SUP").update(months=0, weeks=4)
    contract = sign(a_contract(customer, rep, lines=[("SUP", 10)], contact_id=contact.pk), by=cfo)
    silvester, reaches = datetime(2027, 12, 31, 9, tzinfo=UTC), date(2028, 1, 28)
    bill(silvester.date())
    assert billed(contract, "SUP")[-1] == (silvester.date(), reaches, Decimal(100))
    quote = Quote.objects.get(pk=draft_renewal(contract.pk, by=rep, at=silvester))
    order = Order.objects.get(contract=close(quote, at=silvester))
    [note] = Invoice.objects.filter(kind="credit_note")
    assert note.net == Decimal("96.43")  # 27 of 28 days
    cancel_order(order.pk, reason="Too early", by=admin, at=silvester)
    bill(date(2028, 1, 28))
    assert billed(contract, "SUP")[-3:] == [
        (silvester.date(), reaches, Decimal(100)),
        (NEXT_YEAR, reaches, Decimal("96.43")),
        (reaches, date(2028, 2, 25), Decimal(100)),
    ]
    assert not check_books()


def test_what_ends_by_itself_ends_when_it_would_have(draft, take, rep, close, admin):
    take(draft, "SUP", 10)
    change_quote(draft.pk, {"auto_renew": False}, by=rep, at=NOON)
    contract = close(Quote.objects.get(pk=draft.pk))
    quote = Quote.objects.get(pk=draft_renewal(contract.pk, by=rep, at=AUTUMN))
    order = Order.objects.get(contract=close(quote, at=AUTUMN))
    cancel_order(order.pk, reason="Too early", by=admin, at=AUTUMN)
    assert (running(contract).state, running(contract).ends_on) == ("running", NEXT_YEAR)
    bill(date(2028, 3, 1))
    assert billed(contract, "SUP")[-1][1] == NEXT_YEAR
    assert not check_books()


def test_another_renewal_may_take_its_place(contract, renewal, give_up, rep, close):
    give_up()
    quote = Quote.objects.get(pk=draft_renewal(contract.pk, by=rep, at=AUTUMN))
    assert quote.pk != renewal.quote_id
    second = close(quote, at=AUTUMN)
    assert second.renews == contract
    assert running(contract).ends_on == NEXT_YEAR
    bill(date(2028, 1, 1))
    assert [row[0] for row in billed(second, "SUP")] == [NEXT_YEAR]
    assert billed(contract, "SUP")[-1][1] == NEXT_YEAR
    assert not check_books()


def test_a_contract_terminated_meanwhile_ends_on_its_day(contract, give_up, admin):
    summer = date(2028, 6, 1)
    terminate_contract(contract.pk, on=summer, reason="Moves away", by=admin, at=AUTUMN)
    give_up()
    assert running(contract).ends_on == summer
    bill(date(2028, 8, 1))
    assert billed(contract, "SUP")[-1][1] == summer


def test_a_renewed_contract_that_is_terminated_ends_on_its_day(contract, renewal, admin):
    november = date(2027, 11, 1)
    terminate_contract(contract.pk, on=november, reason="Moved away", by=admin, at=AUTUMN)
    ended = running(contract)
    assert (ended.state, ended.ends_on, ended.cancel_reason) == (
        "cancelled",
        november,
        "Moved away",
    )
    bill(date(2028, 1, 1))
    assert billed(contract, "SUP")[-1] == (date(2027, 10, 1), november, Decimal(100))
    assert billed(renewal, "SUP")[0][0] == NEXT_YEAR
    assert not check_books()


def test_a_renewal_that_has_begun_is_not_given_up(contract, renewal, give_up):
    new_year = datetime(2028, 1, 1, 1, tzinfo=UTC)
    with pytest.raises(Refused, match="has renewed what ran since 01 Jan 2028"):
        give_up(at=new_year)
    assert running(contract).ends_on == NEXT_YEAR
    assert Contract.objects.get(pk=renewal.pk).state == "signed"


def test_a_renewal_terminated_on_its_first_day_before_it_begins_is_given_up_too(
    contract, renewal, admin
):
    terminate_contract(renewal.pk, on=NEXT_YEAR, reason="Signed too early", by=admin, at=AUTUMN)
    assert (running(contract).state, running(contract).ends_on) == ("running", None)


def test_a_renewal_terminated_after_it_began_revives_nothing(contract, renewal, admin):
    later = datetime(2028, 2, 1, 12, tzinfo=UTC)
    terminate_contract(renewal.pk, on=NEXT_YEAR, reason="Moves away", by=admin, at=later)
    assert (running(contract).state, running(contract).ends_on) == ("cancelled", NEXT_YEAR)


def test_only_what_has_ended_makes_way(contract, renewal):
    order = Order.objects.get(contract=renewal)
    with pytest.raises(DatabaseError, match="makes_way_by_ending"), transaction.atomic():
        Subscription.objects.filter(contract=renewal).update(renewed_by=order)


def test_the_page_says_what_cancelling_a_renewals_order_does(client, renewal, admin):
    client.force_login(admin)
    page = client.get(f"/orders/{Order.objects.get(contract=renewal).pk}/").text
    assert "runs on as if it had not been renewed" in page
