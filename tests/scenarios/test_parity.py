"""What the customer accepted is what they are invoiced, to the cent: the parity lock."""

from datetime import date
from decimal import Decimal

import pytest

from billing.actions.runs import start_run, work_off
from billing.models import AgreedCharge, Charge, InvoiceLine, RunOutcome
from billing.queries.agreed import parity
from contracts.models import Contract
from orders.actions import cancel_subscription, close_short, ship_goods
from orders.models import Order, Subscription
from quotes.actions import accept_quote, change_quote, send_quote, submit_quote
from quotes.models import QuoteLine
from tests.contracts.conftest import finance, template  # noqa: F401
from tests.contracts.factories import sign
from tests.quotes.conftest import NOON

FEBRUARY, MARCH = date(2027, 2, 1), date(2027, 3, 1)


@pytest.fixture
def accept(draft, rep, cfo, contact, template, signature):  # noqa: F811
    """`accept()` sends the draft, has it accepted and signed, and is the order."""

    def accept():
        submit_quote(draft.pk, by=rep, at=NOON)
        sent = send_quote(draft.pk, by=rep, at=NOON)
        accept_quote(sent.pk, signature(sent), by=None, at=NOON, contact=contact)
        sign(Contract.objects.get(quote=sent), by=cfo)
        return Order.objects.get(contract__quote=sent)

    return accept


@pytest.fixture
def accepted(draft, take, rep, accept):
    """`accepted({"starts_on": …})` is the order of ten seats on other terms."""

    def accepted(terms):
        change_quote(draft.pk, {"auto_renew": False, **terms}, by=rep, at=NOON)
        take(draft, "SUP", 10)
        return accept()

    return accepted


@pytest.fixture
def ramped(draft, take, accept):
    """One seat in January, two in February, three from March: accepted, signed and ordered."""
    first = take(draft, "SUP", 1)
    QuoteLine.objects.filter(pk=first.pk).update(ends_on=FEBRUARY)
    second, third = take(draft, "SUP", 2), take(draft, "SUP", 3)
    QuoteLine.objects.filter(pk=second.pk).update(ramp_of=first, starts_on=FEBRUARY, ends_on=MARCH)
    QuoteLine.objects.filter(pk=third.pk).update(ramp_of=first, starts_on=MARCH)
    take(draft, "SETUP", 1)
    return accept()


def bill(on: date):
    return work_off(start_run(on=on, post=True, by=None, at=NOON).pk, at=NOON)


def test_a_ramp_is_invoiced_as_it_was_accepted_segment_by_segment(ramped):
    bill(date(2027, 12, 31))
    nets = InvoiceLine.objects.order_by("period_start", "id").values_list("period_start", "net")
    support = [net for day, net in nets if net != Decimal(249)]
    assert support == [Decimal(10), Decimal(20), *[Decimal(30)] * 10]  # Zuora, W9
    agreed = AgreedCharge.objects.values_list("charge_id", "period_start", "period_end", "net")
    lines = InvoiceLine.objects.values_list("charge_id", "period_start", "period_end", "net")
    assert set(agreed) == set(lines)


def test_the_last_segment_of_a_ramp_goes_on_where_the_contract_renews_itself(
    draft,
    take,
    accept,
):
    first = take(draft, "SUP", 1)
    QuoteLine.objects.filter(pk=first.pk).update(ends_on=FEBRUARY)
    second, end = take(draft, "SUP", 3), date(2028, 1, 1)
    QuoteLine.objects.filter(pk=second.pk).update(ramp_of=first, starts_on=FEBRUARY, ends_on=end)
    accept()
    assert list(Charge.objects.order_by("pk").values_list("ends_on", flat=True)) == [FEBRUARY, None]
    bill(date(2028, 2, 1))
    last = InvoiceLine.objects.order_by("-period_start")[0]
    assert (last.period_start, last.net) == (date(2028, 2, 1), Decimal(30))


def test_what_was_not_agreed_is_not_invoiced_and_says_why(ramped):
    Charge.objects.filter(quantity=1, charge_kind="recurring").update(net_per_period=11)
    bill(date(2027, 1, 1))
    assert not InvoiceLine.objects.exists()
    assert RunOutcome.objects.get().reason == (
        "Support, 01 Jan 2027 to 31 Jan 2027: the invoice would say 11 EUR, but agreed is 10 until "
        "31 Jan 2027. Only an accepted amendment changes what was agreed."
    )


def test_a_cancelled_period_is_released_and_its_part_invoiced(ramped, cfo):
    subscription = Subscription.objects.get()
    on = date(2027, 3, 16)
    cancel_subscription(subscription.pk, on=on, reason="Moved away", by=cfo, at=NOON)
    bill(date(2027, 3, 1))
    march = InvoiceLine.objects.get(period_start=MARCH)
    assert (march.net, march.period_end) == (Decimal("14.52"), on)  # 15 of 31 days
    released = AgreedCharge.objects.filter(released_on=on)
    assert released.count() == 10
    assert not RunOutcome.objects.exists()


def test_no_charge_is_invoiced_for_days_nobody_agreed(ramped):
    early = date(2027, 2, 15)
    Charge.objects.filter(quantity=3).update(starts_on=early, billed_through=early, next_on=early)
    bill(early)
    assert "nothing was agreed" in RunOutcome.objects.get().reason


@pytest.mark.parametrize(
    ("policy", "nets"),
    [
        ({"anchor": "calendar"}, ["54.84", *["100"] * 11, "45.16"]),  # 17 and 14 of 31 days
        ({"anchor": "calendar", "basis": "thirty_360"}, ["53.33", *["100"] * 11, "46.67"]),
        ({"anchor": "day_of_period", "day": 20}, ["16.13", *["100"] * 11, "83.87"]),
        ({"anchor": "calendar", "partial": "round_up"}, ["100"] * 13),
    ],
)
def test_invoices_start_and_split_periods_as_the_quote_said(accepted, policy, nets):
    accepted({"starts_on": date(2027, 1, 15), "proration": policy})
    bill(date(2028, 1, 14))
    lines = InvoiceLine.objects.order_by("period_start")
    assert [row.net for row in lines] == [Decimal(net) for net in nets]
    assert not RunOutcome.objects.exists()


@pytest.mark.parametrize(
    ("every", "start", "end"),
    [
        ({"months": 1}, date(2028, 1, 1), date(2028, 2, 1)),  # agreed: 45.16 for 14 days
        ({"months": 0, "weeks": 2}, date(2028, 1, 14), date(2028, 1, 28)),
        ({"months": 5}, date(2027, 11, 1), date(2028, 4, 1)),
    ],
)
def test_a_period_goes_on_where_the_subscription_renews_itself(
    draft, take, rep, accept, every, start, end
):  # fmt: skip
    terms = {"starts_on": date(2027, 1, 15), "proration": {"anchor": "calendar"}}
    change_quote(draft.pk, {"auto_renew": True, **terms}, by=rep, at=NOON)
    QuoteLine.objects.filter(pk=take(draft, "SUP", 10).pk).update(**every)
    accept()
    bill(start)
    newest = InvoiceLine.objects.order_by("period_start").last()
    assert (newest.period_start, newest.period_end, newest.net) == (start, end, 100)
    bill(end)
    assert InvoiceLine.objects.filter(period_start=end).count() == 1
    assert not RunOutcome.objects.exists()


def test_the_contract_shows_what_was_agreed_beside_what_was_invoiced(ramped, client, cfo):
    bill(FEBRUARY)
    client.force_login(cfo)
    page = client.get(f"/panels/billing/agreed/{ramped.contract_id}/").content.decode()
    assert "279.00 EUR of 579.00 EUR invoiced" in page
    assert (page.count("Invoiced</span>"), page.count("Open</span>")) == (2, 10)


def test_goods_are_held_to_what_was_agreed_as_they_are_shipped(draft, take, accept, admin):
    take(draft, "SUP", 10)
    take(draft, "BOX", 3)  # 189.00 each
    order = accept()
    boxes = order.lines.get(product__sku="BOX")
    agreed = parity(order.contract_id)
    assert agreed.agreed == Contract.objects.get().total
    *_, goods = agreed.days
    assert (goods.due_on, goods.agreed, goods.invoiced, goods.state) == (None, 567, None, "open")
    ship_goods(
        order.pk, quantities={boxes.pk: Decimal(2)}, shipped_on=NOON.date(), by=admin, at=NOON
    )
    close_short(order.pk, quantities={boxes.pk: Decimal(1)}, reason="unwanted", by=admin, at=NOON)
    bill(date(2027, 1, 1))
    *_, goods = parity(order.contract_id).days
    assert (goods.invoiced, goods.released, goods.state) == (378, 189, "released")


def test_what_is_given_up_is_released(draft, take, accept, admin):
    take(draft, "SUP", 10)
    take(draft, "SETUP", 1)
    order = accept()
    visit = order.lines.get(product__sku="SETUP")
    close_short(
        order.pk, quantities={visit.pk: visit.quantity}, reason="unwanted", by=admin, at=NOON
    )
    bill(date(2027, 1, 1))
    assert not RunOutcome.objects.exclude(reason="").exists()
    assert list(InvoiceLine.objects.values_list("net", flat=True)) == [100]
    first = parity(order.contract_id).days[0]
    assert (first.agreed, first.invoiced, first.released) == (249, None, 249)
    assert (first.state, first.reason) == ("released", f"Part of {order.number} was given up.")
