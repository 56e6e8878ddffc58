"""Usage in a run: in arrears, by set, and adjusted when it was recorded late."""

from collections import defaultdict
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from billing.actions.runs import start_run, work_off
from billing.models import Charge, Invoice, InvoiceLine
from billing.queries import due

AT = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
TIERS = [
    {"up_to": "10", "unit_price": "10", "flat_fee": "2"},
    {"up_to": None, "unit_price": "5", "flat_fee": "3"},
]


class Meter:
    """What orders would have recorded, and how often it was asked."""

    def __init__(self) -> None:
        self.events: dict[int, list[tuple[date, Decimal]]] = defaultdict(list)
        self.calls = 0

    def totals(self, item_ids, start, end):
        self.calls += 1
        return {
            item: sum(quantity for on, quantity in self.events[item] if start <= on < end)
            for item in item_ids
        }


@pytest.fixture
def meter(monkeypatch):
    meter = Meter()
    monkeypatch.setattr(due, "usage_totals", meter.totals)
    return meter


@pytest.fixture
def calls(customer, make_charge):
    return make_charge(
        customer, charge_kind="usage", charge_model="graduated", tiers=TIERS, unit="call",
        net_per_period=Decimal(0), ends_on=date(2026, 3, 16),
    )  # fmt: skip


def bill(on: date):
    return work_off(start_run(on=on, post=True, by=None, at=AT).pk, at=AT)


def lines():
    return list(
        InvoiceLine.objects.order_by("id").values_list(
            "period_start", "quantity", "net", "revision"
        )
    )


def test_late_usage_is_charged_on_the_next_invoice_as_if_it_had_been_on_time(meter, calls):
    meter.events[calls.item_id] = [(date(2026, 1, 5), Decimal(10)), (date(2026, 2, 3), Decimal(1))]
    bill(date(2026, 2, 1))
    assert lines() == [(date(2026, 1, 1), 10, 102, 0)]
    meter.events[calls.item_id].append((date(2026, 1, 31), Decimal(2)))  # recorded late
    bill(date(2026, 3, 1))
    assert lines()[1:] == [
        (date(2026, 1, 1), 2, 13, 1),  # 12 cost 115
        (date(2026, 2, 1), 1, 12, 0),
    ]
    assert Charge.objects.get().billed_usage == 13
    late = InvoiceLine.objects.get(revision=1)
    assert late.trace[0] == "2 call recorded after 01 Jan 2026 to 31 Jan 2026 was billed"
    bill(date(2026, 3, 1))
    assert Invoice.objects.count() == 2


def test_a_month_without_usage_makes_no_invoice_and_what_comes_late_is_not_lost(meter, calls):
    bill(date(2026, 2, 1))
    assert not Invoice.objects.exists()
    meter.events[calls.item_id].append((date(2026, 1, 31), Decimal(1)))
    bill(date(2026, 3, 1))
    assert lines() == [(date(2026, 1, 1), 1, 12, 0)]


def test_a_commitment_is_invoiced_without_use_and_what_comes_late_above_it_is_added(
    meter, customer, make_charge
):
    tiers = [
        {"up_to": "10", "unit_price": "0", "flat_fee": "50"},
        {"up_to": None, "unit_price": "4", "flat_fee": "0"},
    ]
    charge = make_charge(
        customer, charge_kind="usage", charge_model="commitment", tiers=tiers, unit="call",
        net_per_period=Decimal(0),
    )  # fmt: skip
    bill(date(2026, 2, 1))
    assert lines() == [(date(2026, 1, 1), 0, 50, 0)]
    meter.events[charge.item_id].append((date(2026, 1, 31), Decimal(12)))
    bill(date(2026, 3, 1))
    assert lines()[1:] == [(date(2026, 1, 1), 12, 8, 1), (date(2026, 2, 1), 0, 50, 0)]


def test_usage_recorded_after_the_end_is_found_by_one_last_look(meter, calls):
    bill(date(2026, 3, 16))
    assert Charge.objects.get().next_on == date(2026, 4, 16)
    meter.events[calls.item_id].append((date(2026, 3, 15), Decimal(3)))
    bill(date(2026, 4, 16))
    assert lines() == [(date(2026, 3, 1), 3, 32, 0)]
    assert Charge.objects.get().next_on is None


def test_the_meter_is_read_by_set(meter, make_customer, make_charge):
    for _ in range(12):
        charge = make_charge(make_customer(), charge_kind="usage", net_per_period=Decimal(0))
        meter.events[charge.item_id].append((date(2026, 1, 2), Decimal(1)))
    bill(date(2026, 2, 1))
    assert Invoice.objects.count() == 12
    assert meter.calls == 1
