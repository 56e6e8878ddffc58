"""Many workers at once, and workers that die: nothing is lost, nothing is doubled."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal
from threading import Barrier

import pytest
from django.db import connection, transaction

from billing.actions import runs
from billing.actions.runs import start_run, work_off
from billing.models import BillingShard, Charge, Invoice
from billing.rules.due import DueCharge
from q2c.customers.models import Address, Customer
from q2c.runtime.bootstrap import ROOT
from tests.billing.factories import AT, a_charge, the_entity, the_product
from tests.support.processes import database_url

ON = date(2026, 1, 1)


def many_customers(count: int) -> None:
    """Customers with two charges each, in few statements."""
    entity, product = the_entity(), the_product()
    customers = Customer.objects.bulk_create(
        Customer(
            number=f"M-{n:05d}", legal_entity=entity, legal_name=f"Customer {n}", currency="EUR",
            email=f"m{n}@customer.example", created_at=AT,
        )
        for n in range(count)
    )  # fmt: skip
    Address.objects.bulk_create(
        Address(customer=c, kind="billing", street="Weg 1", city="Hamburg", country="DE")
        for c in customers
    )
    model = a_charge(customers[0])
    values = {name: getattr(model, name) for name in DueCharge._fields if name != "id"}
    values |= {"legal_entity_id": entity.pk, "product_id": product.pk, "next_on": ON}
    Charge.objects.bulk_create(
        Charge(**{
            **values, "customer_id": c.pk, "order_line_id": 10_000 + 2 * i + k,
            "item_id": 10_000 + 2 * i + k, "net_per_period": Decimal(k + 1),
        })
        for i, c in enumerate(customers)
        for k in (0, 1)
    )  # fmt: skip
    model.delete()


def check_all_billed_once(count: int) -> None:
    per_customer = Counter(Invoice.objects.values_list("customer_id", flat=True))
    assert len(per_customer) == count
    assert set(per_customer.values()) == {1}
    numbers = sorted(Invoice.objects.values_list("number", flat=True))
    assert numbers == [f"INV-2026-{n:06d}" for n in range(1, count + 1)]
    assert set(Invoice.objects.values_list("net", flat=True)) == {Decimal(3)}
    assert not Charge.objects.filter(next_on__lte=ON).exists()


@pytest.mark.django_db(transaction=True)
def test_runs_started_at_the_same_moment_bill_everybody_once(monkeypatch):
    monkeypatch.setattr(runs, "SHARD_CUSTOMERS", 7)
    many_customers(60)
    together = Barrier(4)

    def one_run(_: int) -> None:
        try:
            run = start_run(on=ON, post=True, by=None, at=AT)
            together.wait(timeout=20)
            work_off(run.pk, at=AT)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(one_run, range(4)))
    check_all_billed_once(60)


@pytest.mark.django_db(transaction=True)
def test_numbers_stay_dense_when_some_shards_roll_back(monkeypatch):
    monkeypatch.setattr(runs, "SHARD_CUSTOMERS", 3)
    many_customers(48)
    run = start_run(on=ON, post=True, by=None, at=AT)
    shard_ids = list(BillingShard.objects.values_list("pk", flat=True))

    class PowerCut(Exception): ...

    def one_shard(number_and_id: tuple[int, int]) -> None:
        number, shard_id = number_and_id
        try:
            with transaction.atomic():
                runs.bill_shard(shard_id, at=AT)
                if number % 3 == 0:
                    raise PowerCut
        except PowerCut:
            pass
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one_shard, enumerate(shard_ids)))
    left = 3 * len(shard_ids[::3])
    assert Invoice.objects.count() == 48 - left
    work_off(run.pk, at=AT)
    check_all_billed_once(48)


@pytest.mark.django_db(transaction=True)
def test_a_killed_worker_loses_and_doubles_nothing(monkeypatch):
    monkeypatch.setattr(runs, "SHARD_CUSTOMERS", 5)
    many_customers(600)
    run = start_run(on=ON, post=True, by=None, at=datetime.now(UTC), deliver=False)
    victim, survivor = _worker(run.pk), _worker(run.pk)
    try:
        deadline = time.monotonic() + 60
        while not BillingShard.objects.exclude(done_at=None).count() >= 8:
            assert time.monotonic() < deadline, "the workers did nothing"
            time.sleep(0.01)
        os.kill(victim.pid, signal.SIGKILL)
        assert victim.wait() == -signal.SIGKILL
        done = BillingShard.objects.exclude(done_at=None).count()
        assert done < 120, "the run was over before the worker died"
        assert survivor.wait(timeout=120) == 0
    finally:
        for worker in (victim, survivor):
            worker.kill()
            worker.wait()
    work_off(run.pk, at=datetime.now(UTC))  # what the dead one held
    assert not BillingShard.objects.filter(done_at=None).exists()
    check_all_billed_once(600)
    work_off(start_run(on=ON, post=True, by=None, at=AT).pk, at=AT)
    check_all_billed_once(600)


def _worker(run_id: int) -> subprocess.Popen[bytes]:
    name = connection.settings_dict["NAME"]
    return subprocess.Popen(
        [sys.executable, "manage.py", "billing_run", f"--on={ON}", f"--work-on={run_id}"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database_url(name)},
    )
