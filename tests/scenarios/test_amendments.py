"""A contract is amended: what the amendment showed is what credit note and invoices say."""

from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise

import pytest

from billing.actions.runs import start_run, work_off
from billing.models import AgreedCharge, Charge, Invoice, InvoiceLine, RunOutcome
from billing.queries.agreed import parity
from contracts.actions import refuse_contract, terminate_contract
from contracts.models import Contract
from orders.actions import draft_renewal, record_usage, start_amendment
from orders.models import Order, Subscription, SubscriptionItem, UsageEvent
from q2c.kernel.errors import Refused
from quotes.actions import (
    Addition,
    NewLine,
    accept_quote,
    add_to_amendment,
    cancel_quote,
    change_item,
    end_all_items,
    end_item,
    keep_item,
    send_quote,
    submit_quote,
)
from quotes.models import Quote, QuoteLine
from quotes.queries import Coterm, amendment_of
from revenue.queries.checks import check_books
from tests.contracts.factories import sign
from tests.orders.factories import used
from tests.quotes.conftest import NOON

JANUARY = date(2027, 1, 1)
END = date(2028, 1, 1)
MIDDLE = date(2027, 3, 11)  # 21 of March's 31 days are left
THEN = datetime(2027, 3, 5, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _alone():
    """Everybody acts on what happens here."""


@pytest.fixture
def close(rep, cfo, contact, template, signature):
    """`close(quote)` sends it, lets the customer accept and signs; the contract."""

    def close(quote, at=NOON):
        accept(quote, at)
        return sign(Contract.objects.get(quote=quote), by=cfo, at=at)

    def accept(quote, at=NOON):
        submit_quote(quote.pk, by=rep, at=at)
        sent = send_quote(quote.pk, by=rep, at=at)
        accept_quote(sent.pk, signature(sent), by=None, at=at, contact=contact)

    close.accept = accept
    return close


@pytest.fixture
def contract(draft, take, close, entity):
    """Ten seats at 10 a month, a yearly service level at 1,200, calls by usage; for 2027."""
    for sku, quantity in (("SUP", 10), ("SLA", 1), ("CALLS", 100)):
        take(draft, sku, quantity)
    return close(draft)


@pytest.fixture
def amend(contract, rep):
    def amend(on=MIDDLE, of=contract, at=THEN):
        return Quote.objects.get(pk=start_amendment(of.pk, on=on, by=rep, at=at))

    return amend


@pytest.fixture
def does(rep, products):
    """Verbs of the rep's editor."""

    class Does:
        def change(self, quote, sku, **changes):
            return change_item(line(quote, sku).pk, changes, by=rep, at=THEN)

        def end(self, quote, sku):
            return end_item(line(quote, sku).pk, by=rep, at=THEN)

        def add(self, quote, sku, quantity=1, **more):
            new = NewLine(product_id=products[sku].pk, quantity=Decimal(quantity))
            return add_to_amendment(quote.pk, Addition(line=new, **more), by=rep, at=THEN)

    return Does()


def line(quote, sku):
    return quote.lines.get(product__sku=sku, item_id__isnull=False)


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def shown(quote):
    quote = fresh(quote)
    return amendment_of(quote, list(quote.lines.all()), on=THEN.date())


def bill(on, at=NOON):
    work_off(start_run(on=on, post=True, by=None, at=at).pk, at=at)
    assert not RunOutcome.objects.exclude(reason="").exists()


def test_a_draft_keeps_all_that_runs_and_counts_nothing_twice(contract, amend):
    quote = amend()
    kept = quote.lines.values_list("product__sku", "change", "starts_on", "ends_on")
    assert list(kept) == [(sku, "keep", MIDDLE, END) for sku in ("SUP", "SLA", "CALLS")]
    assert (quote.contract_total, quote.monthly_total) == (0, 0)
    bridge = shown(quote).bridge
    assert (bridge.arr.before.amount, bridge.arr.change.amount) == (2400, 0)


def test_what_an_upgrade_showed_is_what_credit_note_and_invoices_say(contract, amend, does, close):
    bill(date(2027, 3, 1))
    quote = amend()
    does.change(quote, "SUP", quantity=Decimal(15))
    said = shown(quote)
    assert (said.credit.amount, said.charge.amount) == (Decimal("67.74"), Decimal("101.61"))
    assert said.changes[0].settlement.credit_receipt.endswith("= 67.74")
    amendment = close(fresh(quote), at=THEN)
    assert (amendment.number, amendment.amends) == (f"{contract.number}-A1", contract)
    [note] = Invoice.objects.filter(kind="credit_note")
    assert (note.net, note.reason) == (said.credit.amount, f"Amendment {quote.number}")
    bill(MIDDLE, at=THEN)
    first = InvoiceLine.objects.get(period_start=MIDDLE, invoice__kind="invoice")
    assert first.net == said.charge.amount
    assert (first.invoice.contract_id, first.period_end) == (contract.pk, date(2027, 4, 1))
    bill(date(2027, 12, 31), at=THEN)
    later = InvoiceLine.objects.filter(charge=first.charge_id).exclude(pk=first.pk)
    assert set(later.values_list("net", flat=True)) == {Decimal(150)}
    invoiced = sum(InvoiceLine.objects.filter(charge=first.charge_id).values_list("net", flat=True))
    assert invoiced == fresh(quote).contract_total
    change = said.bridge.tcv.change.amount
    assert change == said.bridge.tcv.quantity.amount == invoiced - (67_74 + 900_00) / Decimal(100)
    released = AgreedCharge.objects.filter(release_reason=f"Amendment {quote.number}")
    assert released.count() == 10
    assert check_books() == []
    found = parity(contract.pk)
    assert found.credited == said.credit.amount
    assert found.agreed - found.released == found.invoiced - found.credited  # all is billed by now


def test_an_amendments_page_shows_the_invoices_of_what_it_brought(
    contract, amend, does, close, client, cfo
):
    bill(date(2027, 3, 1))
    quote = amend()
    does.change(quote, "SUP", quantity=Decimal(15))
    amendment = close(fresh(quote), at=THEN)
    client.force_login(cfo)

    def page():
        return client.get(f"/panels/billing/contract/{amendment.pk}/").content.decode()

    assert "Nothing that it brought was invoiced yet." in page()
    assert f"/invoices/?contract={contract.pk}" in page()
    before = set(Invoice.objects.values_list("number", flat=True))
    bill(MIDDLE, at=THEN)
    first = InvoiceLine.objects.get(period_start=MIDDLE, invoice__kind="invoice").invoice
    assert first.number in page()
    assert not any(number in page() for number in before)


def test_another_price_alone_is_one_change_of_pure_price_in_the_same_lineage(
    contract, amend, does, close
):
    # A15
    quote = amend()
    does.change(quote, "SUP", unit_price=Decimal(12))
    said = shown(quote)
    assert [row.line.product.sku for row in said.changes] == ["SUP"]
    for _label, effects in said.bridge_rows:
        change = effects.price.amount
        assert change > 0
        assert (effects.quantity.amount, effects.term.amount, effects.mix.amount) == (0, 0, 0)
        assert effects.after.amount - effects.before.amount == change
    assert said.bridge.arr.price.amount == 240
    close(fresh(quote), at=THEN)
    old, new = SubscriptionItem.objects.filter(product__sku="SUP").order_by("pk")
    assert (new.replaces, new.subscription, new.quantity) == (old, old.subscription, old.quantity)
    assert Order.objects.latest("pk").lines.count() == 1


def test_items_end_and_begin_within_the_same_subscription(contract, amend, does, close):
    quote = amend()
    does.change(quote, "SUP", unit_price=Decimal(12))
    does.end(quote, "SLA")
    does.add(quote, "NET", 2)
    price = shown(quote).bridge.arr
    assert (price.price.amount, price.quantity.amount, price.term.amount) == (240, 0, 0)
    close(fresh(quote), at=THEN)
    subscription = Subscription.objects.get()
    old, sla, calls, new, net = subscription.items.order_by("pk")
    assert (old.ends_on, new.starts_on, new.replaces, new.ends_on) == (MIDDLE, MIDDLE, old, None)
    assert (sla.ends_on, calls.ends_on, net.starts_on) == (MIDDLE, None, MIDDLE)
    charge = Charge.objects.get(item_id=net.pk)
    assert (charge.anchor_on, charge.starts_on) == (JANUARY, MIDDLE)
    assert Order.objects.latest("pk").lines.count() == 2


def test_a_swap_ends_one_item_and_begins_another_in_its_lineage(contract, amend, does, close):
    quote = amend()
    swapped = line(quote, "SUP")
    does.add(quote, "SEATS", 10, swaps_line_id=swapped.pk)
    bridge = shown(quote).bridge.arr
    assert bridge.mix == bridge.change
    assert bridge.change.amount == (140 - 100) * 12
    close(fresh(quote), at=THEN)
    seats = SubscriptionItem.objects.get(product__sku="SEATS")
    assert seats.replaces.product.sku == "SUP"
    assert seats.replaces.ends_on == MIDDLE


def test_to_cancel_everything_ends_the_contract_and_gives_back_the_rest(
    contract,
    amend,
    close,
    rep,
):
    bill(date(2027, 3, 1))
    quote = amend()
    end_all_items(quote.pk, by=rep, at=THEN)
    said = shown(quote)
    amendment = close(fresh(quote), at=THEN)
    notes = Invoice.objects.filter(kind="credit_note")
    assert sum(note.net for note in notes) == said.credit.amount
    ended = fresh(contract)
    assert (ended.state, ended.terminated_on) == ("terminated", MIDDLE)
    assert ended.termination_reason == f"Cancelled by {amendment.number}"
    assert Subscription.objects.get().ends_on == MIDDLE
    assert check_books() == []


def test_a_month_cut_short_is_open_until_its_days_are_invoiced(contract, amend, close, rep):
    bill(date(2027, 3, 1))
    later = date(2027, 4, 11)
    quote = amend(on=later)
    end_all_items(quote.pk, by=rep, at=THEN)
    close(fresh(quote), at=THEN)
    april = next(day for day in parity(contract.pk).days if day.due_on == date(2027, 4, 1))
    assert (april.state, april.released) == ("open", 0)
    bill(later, at=THEN)
    found = parity(contract.pk)
    april = next(day for day in found.days if day.due_on == date(2027, 4, 1))
    assert (april.state, april.released) == ("released", april.agreed - april.invoiced)
    assert 0 < april.invoiced < april.agreed
    assert found.agreed - found.released == found.invoiced - found.credited


@pytest.mark.parametrize(
    ("coterm", "end"),
    [(Coterm.CONTRACT_END, END), (Coterm.EARLIEST_END, END), (Coterm.OWN, date(2028, 3, 11))],
)
def test_what_is_added_ends_as_chosen(contract, amend, does, coterm, end):
    quote = amend()
    added = does.add(quote, "NET", coterm=coterm, own_months=12)
    assert (added.starts_on, added.ends_on) == (MIDDLE, end)
    assert fresh(quote).ends_on == max(end, END)


def test_an_item_changed_back_or_kept_again_is_left_alone(contract, amend, does, rep):
    quote = amend()
    assert does.change(quote, "SUP", quantity=Decimal(15)).change == "change"
    assert does.change(quote, "SUP", quantity=Decimal(10)).change == "keep"
    does.end(quote, "SUP")
    assert keep_item(line(quote, "SUP").pk, by=rep, at=THEN).change == "keep"
    with pytest.raises(Refused, match="changes nothing"):
        submit_quote(quote.pk, by=rep, at=THEN)


def test_of_a_ramp_only_what_is_to_come_changes(draft, take, close, rep):
    """39 months in four segments, amended in month 14 (A12)."""
    Quote.objects.filter(pk=draft.pk).update(term_months=39)
    days = [date(2027 + year, 1, 1) for year in range(4)] + [date(2030, 4, 1)]
    first = take(draft, "SUP", 1)
    for number, (start, end) in enumerate(pairwise(days), start=1):
        segment = first if number == 1 else take(draft, "SUP", number)
        ramp_of = None if number == 1 else first
        QuoteLine.objects.filter(pk=segment.pk).update(
            starts_on=start, ends_on=end, ramp_of=ramp_of
        )
    contract = close(draft)
    month_14 = date(2028, 2, 1)
    quote = Quote.objects.get(pk=start_amendment(contract.pk, on=month_14, by=rep, at=THEN))
    lines = list(quote.lines.order_by("starts_on"))
    assert [(x.starts_on, x.ends_on) for x in lines] == [
        (month_14, days[2]), (days[2], days[3]), (days[3], days[4]),
    ]  # fmt: skip
    change_item(lines[1].pk, {"quantity": Decimal(9)}, by=rep, at=THEN)
    close(fresh(quote), at=THEN)
    found = SubscriptionItem.objects.order_by("starts_on", "pk")
    assert [(i.quantity, i.starts_on, i.ends_on) for i in found if i.starts_on != i.ends_on] == [
        (1, days[0], days[1]), (2, days[1], days[2]), (9, days[2], days[3]),
        (4, days[3], None),  # with the contract
    ]  # fmt: skip


def test_usage_from_the_day_on_belongs_to_the_item_that_follows(contract, amend, does, close, cfo):
    calls = SubscriptionItem.objects.get(product__sku="CALLS")
    for key, day in (("a", 10), ("b", 11)):
        at = datetime(2027, 3, day, 12, tzinfo=UTC)
        record_usage([used(calls, key, 5, at)], by=cfo, at=at)
    quote = amend()
    does.change(quote, "CALLS", discount_percent=Decimal(10))
    close(fresh(quote), at=THEN)
    new = SubscriptionItem.objects.get(replaces=calls)
    later = datetime(2027, 3, 20, 12, tzinfo=UTC)
    assert record_usage([used(calls, "c", 5, later)], by=cfo, at=later) == (1, 0)
    assert record_usage([used(calls, "b", 5, later)], by=cfo, at=later) == (0, 1)
    owners = dict(UsageEvent.objects.values_list("key", "item_id"))
    assert owners == {"a": calls.pk, "b": new.pk, "c": new.pk}


# What is refused


def test_one_amendment_at_a_time(contract, amend, does, close, cfo, rep):
    first, second = amend(), amend()
    does.change(first, "SUP", quantity=Decimal(12))
    does.change(second, "SUP", quantity=Decimal(13))
    close.accept(fresh(first), THEN)
    with pytest.raises(Refused, match="-A1 is not signed yet"):
        amend()
    refuse_contract(
        Contract.objects.get(amends=contract).pk, desk="finance", comment="No", by=cfo, at=THEN
    )
    submit_quote(second.pk, by=rep, at=THEN)
    send_quote(second.pk, by=rep, at=THEN)
    with pytest.raises(Refused, match=f"{second.number} is with the customer"):
        amend()
    cancel_quote(second.pk, by=rep, at=THEN, reason="Later")
    assert amend().state == "draft"


def test_a_draft_out_of_date_is_not_sent(contract, amend, does, close, rep):
    first, second = amend(), amend()
    for quote in (first, second):
        does.change(quote, "SUP", quantity=Decimal(12))
    close(fresh(first), at=THEN)
    submit_quote(second.pk, by=rep, at=THEN)
    with pytest.raises(Refused, match="must be drafted anew"):
        send_quote(second.pk, by=rep, at=THEN)


def test_what_was_terminated_meanwhile_cannot_be_amended(
    contract,
    amend,
    does,
    manager,
    rep,
    contact,
    signature,
):
    quote = amend()
    does.change(quote, "SUP", quantity=Decimal(12))
    submit_quote(quote.pk, by=rep, at=THEN)
    sent = send_quote(quote.pk, by=rep, at=THEN)
    terminate_contract(contract.pk, on=date(2027, 6, 1), reason="x", by=manager, at=THEN)
    with pytest.raises(Refused, match="has changed"):
        accept_quote(sent.pk, signature(sent), by=None, at=THEN, contact=contact)
    assert fresh(sent).state == "sent"
    assert not Contract.objects.filter(amends=contract).exists()
    with pytest.raises(Refused, match="was terminated"):
        amend()


def test_an_amendment_accepted_twice_is_one(contract, amend, does, close, signature, contact):
    quote = amend()
    does.change(quote, "SUP", quantity=Decimal(12))
    close(fresh(quote), at=THEN)
    done = fresh(quote)
    accept_quote(done.pk, signature(done), by=None, at=THEN, contact=contact)
    assert contract.amendments.count() == 1
    assert SubscriptionItem.objects.filter(product__sku="SUP").count() == 2


def test_a_renewal_continues_what_runs_after_the_amendment(contract, amend, does, close, rep):
    early = draft_renewal(contract.pk, by=rep, at=THEN)
    quote = amend()
    does.change(quote, "SUP", quantity=Decimal(15), unit_price=Decimal(9))
    does.end(quote, "SLA")
    close(fresh(quote), at=THEN)
    assert Quote.objects.get(pk=early).state == "cancelled"
    renewal = Quote.objects.get(pk=draft_renewal(contract.pk, by=rep, at=THEN))
    lines = renewal.lines.values_list("product__sku", "quantity", "agreed_unit_price")
    assert list(lines) == [("CALLS", 100, None), ("SUP", 15, Decimal(9))]
    assert (renewal.starts_on, renewal.monthly_total) == (END, Decimal(135))
