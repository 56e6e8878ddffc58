"""From orders, shipments and cancellations to charges, by the frozen rows that orders give."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from billing.actions import charges
from billing.actions.charges import charge_shipped_goods, schedule_charges, stop_charges
from billing.actions.credits import credit_invoice
from billing.actions.runs import start_run, work_off
from billing.models import Allocation, Charge, Invoice, InvoiceLine
from orders.queries import PlacedItem, PlacedLine, PlacedOrder, ShippedLine
from q2c.kernel.errors import Refused

AT = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


def bill(on: date):
    return work_off(start_run(on=on, post=True, by=None, at=AT).pk, at=AT)


def line(product, pk, **given) -> PlacedLine:
    values = {
        "id": pk, "order_id": 5, "position": pk, "quote_line_id": pk, "product_id": product.pk,
        "description": f"Line {pk}", "kind": "service", "charge_kind": "one_time", "months": 0, "weeks": 0, "price_months": 0,
        "in_advance": True, "charge_model": "per_unit", "tiers": [], "unit": "piece",
        "tax_class": "standard", "revenue_pattern": "point_in_time", "quantity": Decimal(3),
        "list_unit_price": Decimal("33.33"), "discount_percent": Decimal(0),
        "net_per_period": Decimal("99.99"), "is_adjustment": False,
        "shipped_quantity": Decimal(0), **given,
    }  # fmt: skip
    return PlacedLine(**values)


def item(product, pk, **given) -> PlacedItem:
    values = {
        "id": pk, "subscription_id": 9, "order_line_id": pk, "product_id": product.pk,
        "description": f"Item {pk}", "charge_kind": "recurring", "months": 1, "weeks": 0, "price_months": 0,
        "in_advance": True,
        "charge_model": "per_unit", "tiers": [], "unit": "seat", "tax_class": "standard",
        "revenue_pattern": "over_time", "quantity": Decimal(10), "unit_price": Decimal(5),
        "discount_percent": Decimal(0), "net_per_period": Decimal(50), "is_adjustment": False,
        "order_id": 5, "anchor_on": date(2026, 2, 1), "starts_on": date(2026, 2, 1), "ends_on": date(2027, 2, 1), **given,
    }  # fmt: skip
    return PlacedItem(**values)


@pytest.fixture
def order(customer, product, monkeypatch):
    placed = PlacedOrder(
        id=5,
        number="O-5",
        customer_id=customer.pk,
        legal_entity_id=customer.legal_entity_id,
        contract_id=3,
        quote_id=1,
        currency="EUR",
        payment_terms_days=14,
        proration={},
        ordered_on=date(2026, 1, 20),
        starts_on=date(2026, 2, 1),
        lines=(
            line(product, 1, description="Set-up"),
            line(product, 2, kind="goods", description="Router"),
            line(product, 3, kind="bundle"),
            line(product, 11, kind="subscription", charge_kind="recurring", months=1),
        ),
        items=(item(product, 11), item(product, 12, charge_kind="usage", months=3)),
    )
    monkeypatch.setattr(charges, "placed_order", lambda pk: placed)
    monkeypatch.setattr(charges, "agree_charges", lambda order: 0)
    monkeypatch.setattr(charges, "placed_orders", lambda pks: [placed])
    return placed


@pytest.mark.django_db
def test_services_and_items_are_charged_goods_and_bundles_wait(order):
    schedule_charges(5, at=AT)
    schedule_charges(5, at=AT)  # harmless
    found = Charge.objects.order_by("order_line_id").values_list(
        "description", "item_id", "starts_on", "ends_on", "billed_through", "next_on"
    )
    start = date(2026, 2, 1)
    assert list(found) == [
        ("Set-up", None, start, None, start, start),
        ("Item 11", 11, start, date(2027, 2, 1), start, start),
        ("Item 12", 12, start, date(2027, 2, 1), start, date(2026, 5, 1)),
    ]
    assert set(Charge.objects.values_list("contract_id", "payment_terms_days")) == {(3, 14)}


@pytest.mark.django_db
def test_part_shipments_add_up_to_the_price_of_the_line(order, monkeypatch):
    for shipment_id in (1, 2, 3):
        shipped = [ShippedLine(5, 2, Decimal(1), date(2026, 2, shipment_id))]
        monkeypatch.setattr(charges, "shipped_lines", lambda pk, shipped=shipped: shipped)
        assert charge_shipped_goods(shipment_id, at=AT) == 1
        assert charge_shipped_goods(shipment_id, at=AT) == 0  # the same shipment again
    nets = Charge.objects.order_by("shipment_id").values_list("net_per_period", flat=True)
    assert list(nets) == [Decimal("33.33")] * 3
    bill(date(2026, 2, 2))
    assert Invoice.objects.get().net == Decimal("66.66")  # the third is shipped tomorrow


@pytest.mark.django_db
def test_a_price_that_does_not_divide_is_shipped_to_the_cent(order, product, monkeypatch):
    hundred = line(product, 2, kind="goods", net_per_period=Decimal(100))
    placed = PlacedOrder(**{**{n: getattr(order, n) for n in order.__slots__}, "lines": (hundred,)})
    monkeypatch.setattr(charges, "placed_order", lambda pk: placed)
    for shipment_id in (1, 2, 3):
        shipped = [ShippedLine(5, 2, Decimal(1), date(2026, 2, shipment_id))]
        monkeypatch.setattr(charges, "shipped_lines", lambda pk, shipped=shipped: shipped)
        charge_shipped_goods(shipment_id, at=AT)
    nets = Charge.objects.order_by("shipment_id").values_list("net_per_period", flat=True)
    assert list(nets) == [Decimal("33.33"), Decimal("33.34"), Decimal("33.33")]


@pytest.mark.django_db
def test_cancelling_in_the_middle_credits_the_days_not_used(customer, make_charge, monkeypatch):
    charge = make_charge(customer, starts_on=date(2026, 3, 1), net_per_period=Decimal("99.99"))
    make_charge(
        customer, starts_on=date(2026, 3, 1), subscription_id=charge.subscription_id,
        net_per_period=Decimal(-3), is_adjustment=True,
    )  # fmt: skip
    bill(date(2026, 3, 1))
    ends = dict.fromkeys(Charge.objects.values_list("item_id", flat=True), date(2026, 3, 15))
    monkeypatch.setattr(charges, "item_ends", lambda pk: ends)
    (note_id,) = stop_charges(charge.subscription_id, at=AT)
    note, invoice = Invoice.objects.get(pk=note_id), Invoice.objects.get(kind="invoice")
    # 14 of 31 days of 99.99 are 45.16, 54.83 is not; of the deduction 1.35 and 1.65.
    assert list(note.lines.values_list("net", flat=True)) == [Decimal("54.83"), Decimal("-1.65")]
    assert note.lines.first().period_start == date(2026, 3, 15)
    assert (note.number, note.net, note.tax) == (
        "CN-2026-000001",
        Decimal("53.18"),
        Decimal("10.10"),
    )
    assert note.settled == note.total
    assert invoice.settled == note.total
    assert Allocation.objects.get().amount == note.total
    assert stop_charges(charge.subscription_id, at=AT) == []  # nothing more
    bill(date(2026, 6, 1))
    assert Invoice.objects.count() == 2


@pytest.mark.django_db
def test_cancelling_before_the_next_period_ends_the_billing_there(
    customer, make_charge, monkeypatch
):
    charge = make_charge(customer, in_advance=False)
    monkeypatch.setattr(charges, "item_ends", lambda pk: {charge.item_id: date(2026, 1, 11)})
    assert stop_charges(charge.subscription_id, at=AT) == []
    bill(date(2026, 3, 1))
    row = InvoiceLine.objects.get()
    assert (row.period_end, row.net) == (date(2026, 1, 11), Decimal("16.13"))  # 10 of 31 days of 50


@pytest.mark.django_db
def test_a_credit_by_hand_is_not_given_twice_when_the_subscription_ends(
    customer, make_charge, monkeypatch
):
    charge = make_charge(customer, starts_on=date(2026, 3, 1))
    bill(date(2026, 3, 1))
    invoice = Invoice.objects.get()
    credit_invoice(
        invoice.pk, lines={invoice.lines.get().pk: Decimal(40)}, reason="Trouble", by=None, at=AT
    )
    monkeypatch.setattr(charges, "item_ends", lambda pk: {charge.item_id: date(2026, 3, 2)})
    (note_id,) = stop_charges(charge.subscription_id, at=AT)
    assert Invoice.objects.get(pk=note_id).net == Decimal(10)
    with pytest.raises(Refused, match="Nothing of this invoice is left to credit"):
        credit_invoice(invoice.pk, reason="All", by=None, at=AT)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("currency", "net", "used", "credit"),
    [
        ("EUR", "100.01", "35.49", "64.52"),
        ("JPY", "1001", "355", "646"),
        ("KWD", "10.005", "3.550", "6.455"),
    ],
)
def test_what_was_used_and_the_credit_are_what_was_charged_in_every_currency(
    customer, make_charge, monkeypatch, currency, net, used, credit
):
    # A11: 11 of March's 31 days
    charge = make_charge(
        customer, currency=currency, starts_on=date(2026, 3, 1), net_per_period=Decimal(net)
    )
    bill(date(2026, 3, 1))
    monkeypatch.setattr(charges, "item_ends", lambda pk: {charge.item_id: date(2026, 3, 12)})
    [note_id] = stop_charges(charge.subscription_id, at=AT)
    charged, note = Invoice.objects.get(kind="invoice"), Invoice.objects.get(pk=note_id)
    assert (charged.net, note.net, note.currency) == (Decimal(net), Decimal(credit), currency)
    assert charged.net - note.net == Decimal(used)


class ChargeAndCreditAreThePriceOfTheDaysUsed(TestCase):
    """Whatever the price, the anchor, the day and the policy: what stays billed is what was used."""

    @settings(max_examples=25, deadline=None)
    @given(
        net=st.decimals("0.01", "9999", places=2),
        day=st.integers(1, 28),
        months=st.sampled_from([1, 3, 12]),
        used=st.integers(0, 360),
        stored=st.sampled_from([{}, {"month_first": False}, {"basis": "days_30"}]),
    )
    def test_it(self, net, day, months, used, stored):
        from q2c.kernel.money import Money
        from q2c.kernel.periods import Cadence, Period, step
        from q2c.kernel.proration import earned, prorate
        from q2c.kernel.proration_policy import BY_DAYS, ProrationPolicy
        from tests.billing.factories import a_charge, a_customer

        start = date(2026, 1, day)
        whole = step(start, months=months, number=0)
        ends_on = min(date.fromordinal(start.toordinal() + used), whole.end)
        charge = a_charge(
            a_customer(), months=months, starts_on=start, net_per_period=net, proration=stored
        )
        bill(start)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(charges, "item_ends", lambda pk: {charge.item_id: ends_on})
            stop_charges(charge.subscription_id, at=AT)
        of_customer = Invoice.objects.filter(customer=charge.customer)
        signed = sum(row.net if row.kind == "invoice" else -row.net for row in of_customer)
        price, policy = Money(net, "EUR"), ProrationPolicy.from_json(stored)
        cost = Money.zero("EUR")
        if policy == BY_DAYS:
            cost = earned(price, over=whole, by=ends_on)
        elif ends_on > start:
            days = Period(start, ends_on)
            cost = prorate(price, every=Cadence(months), period=days, policy=policy).amount
        assert signed == cost.amount
        open_ = sum(row.open for row in of_customer.filter(kind="invoice"))
        assert open_ == sum(
            row.total if row.kind == "invoice" else -row.total for row in of_customer
        )
