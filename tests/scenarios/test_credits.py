"""Prepaid credits from the price to the invoice: granted, drawn, topped up, expired, kept."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from billing.actions.runs import start_run, work_off
from billing.models import InvoiceLine
from billing.rules.credits import Use, draw_through
from orders.actions import record_usage
from orders.models import Subscription
from orders.queries.credits import OpenGrant, credit_accounts, credit_balances
from q2c.customers.portal import make_link
from q2c.kernel.errors import Refused
from quotes.actions import PriceDraft, set_price
from tests.billing.factories import a_customer
from tests.orders.factories import item_of, used
from tests.scenarios.test_parity import (  # noqa: F401
    accept,
    finance,
)

AT = datetime(2027, 2, 1, 9, tzinfo=UTC)
MONTHLY = (
    {"up_to": "1000", "unit_price": "0", "flat_fee": "80"},
    {"up_to": None, "unit_price": "0.40", "flat_fee": "0"},
)


def at(year, month, day):
    return datetime(year, month, day, 12, tzinfo=UTC)


@pytest.fixture
def prices(book, products, manager):
    """A thousand calls a month for 80, then 0.40 each; more are bought by the hundred for 30."""

    def prices(**more):
        calls = {"product_id": products["CALLS"].pk, "starts_on": date(2026, 1, 1)}
        monthly = PriceDraft(charge_model="credits", months=1, tiers=MONTHLY, **calls, **more)
        pack = ({"up_to": "100", "unit_price": "0", "flat_fee": "30"},)
        set_price(book.pk, monthly, by=manager, at=AT)
        set_price(
            book.pk, PriceDraft(charge_model="package", tiers=pack, **calls), by=manager, at=AT
        )

    return prices


@pytest.fixture
def running(prices, draft, take, accept):  # noqa: F811
    """`running(packs=300)` is the item of an accepted quote for calls, with so many bought once."""

    def running(*, packs=0, **more):
        prices(**more)
        take(draft, "CALLS", 1)
        if packs:
            take(draft, "CALLS", packs, months=0)
        return item_of(accept(), "CALLS")

    return running


def use(item, quantity, when, key):
    record_usage([used(item, key, quantity, when)], by=None, at=max(when, AT))


def bill(on):
    return work_off(start_run(on=on, post=True, by=None, at=AT).pk, at=AT)


def nets():
    lines = InvoiceLine.objects.filter(product__sku="CALLS").order_by("period_start", "revision")
    return [(line.period_start.month, line.quantity, line.net) for line in lines]


def balance(item, on):
    (found,) = credit_balances(Subscription.objects.get(items=item), on=on)
    return found


def test_use_draws_what_the_period_brought_and_the_rest_is_billed_at_the_band(running):
    item = running()
    assert balance(item, date(2027, 1, 15)).balance == 1000
    use(item, "1200", at(2027, 1, 10), "one")
    bill(date(2027, 2, 1))
    assert nets() == [(1, 1200, 160)]  # 80, and 200 at 0.40
    now = balance(item, date(2027, 2, 1))
    assert (now.drawn, now.balance, now.expiring) == (1000, 1000, [(date(2027, 3, 1), 1000)])


@pytest.mark.parametrize(("keeps", "net"), [(False, 320), (True, 80)])
def test_what_a_period_did_not_use_expires_or_stays(running, keeps, net):
    item = running(keeps_credits=keeps)
    use(item, "300", at(2027, 1, 10), "one")
    use(item, "1600", at(2027, 2, 10), "two")
    bill(date(2027, 3, 1))
    assert nets() == [(1, 300, 80), (2, 1600, net)]


def test_credits_bought_once_pay_for_what_exceeds_those_of_the_period(running, cfo, client):
    item = running(packs=300)
    use(item, "1200", at(2027, 1, 10), "one")
    bill(date(2027, 2, 1))
    assert (1, 1200, 80) in nets()
    assert (1, 300, 90) in nets()  # three packages of 100
    assert balance(item, date(2027, 2, 1)).balance == 1100
    client.force_login(cfo)
    page = client.get(reverse("orders:subscription", args=[item.subscription_id])).content.decode()
    assert "Prepaid credits" in page


def test_use_that_comes_late_draws_what_is_left_and_nothing_is_drawn_twice(running):
    item = running()
    use(item, "900", at(2027, 1, 10), "one")
    bill(date(2027, 2, 1))
    use(item, "150", at(2027, 1, 20), "late")
    bill(date(2027, 3, 1))
    bill(date(2027, 3, 1))
    assert nets() == [(1, 900, 80), (1, 150, 20), (2, 0, 80)]  # 100 by credits, 50 at 0.40
    assert balance(item, date(2027, 1, 31)).drawn == 1000


def opened(customer, monkeypatch):
    """Return a browser that has followed a link to the customer's account."""
    for module in (
        "orders.views.portal",
        "q2c.customers.portal_session",
        "q2c.customers.views.portal",
    ):
        monkeypatch.setattr(f"{module}.timezone.now", lambda: AT)
    url = make_link(
        "account", customer_id=customer.pk, document_id=customer.pk,
        contact=customer.contacts.first(), by=None, at=AT, expires_at=AT + timedelta(days=9),
    )  # fmt: skip
    browser = Client()
    browser.get("/p/" + url.rpartition("/")[2])
    return browser


def test_a_customer_sees_by_link_what_is_left_until_when_and_what_drew_on_it(
    running,
    customer,
    monkeypatch,
):
    item = running(packs=300)
    use(item, "1200", at(2027, 1, 10), "one")
    bill(date(2027, 2, 1))
    customer.language = "de"
    customer.save(update_fields=["language"])
    browser = opened(customer, monkeypatch)
    address = reverse("orders:portal_credits", args=[customer.pk])
    page = re.sub(r"<[^>]+>|\s+", " ", browser.get(address).content.decode())
    page = re.sub(r" +", " ", page)
    assert "Übrig 1.100 Minuten davon 1.000 bis 28.02.2027" in page
    assert "Erhalten 2.300 Verbraucht 1.200 Verfallen 0" in page
    assert "01.02.2027 mit dem Abrechnungszeitraum 28.02.2027 1.000 1.000" in page
    assert "01.01.2027 gekauft 31.12.2027 300 100" in page
    assert "01.01.2027 mit dem Abrechnungszeitraum 31.01.2027 verfallen 1.000 0" in page
    assert "01.01.2027 – 31.01.2027 1.200 Minuten" in page
    account = browser.get(reverse("billing:portal_account", args=[customer.pk])).content.decode()
    assert address in account


def test_a_link_shows_the_credits_of_its_customer_alone(running, customer, monkeypatch):
    item = running()
    browser = opened(customer, monkeypatch)
    other = a_customer()
    assert browser.get(reverse("orders:portal_credits", args=[other.pk])).status_code == 404
    assert Client().get(reverse("orders:portal_credits", args=[customer.pk])).status_code == 404
    assert credit_accounts(other.pk, on=AT.date()) == []
    assert [one.product for one in credit_accounts(customer.pk, on=AT.date())] == [item.product]


def test_credits_cannot_be_bought_at_a_flat_fee(book, products, manager):
    flat = PriceDraft(
        product_id=products["CALLS"].pk, charge_model="flat", starts_on=date(2026, 1, 1)
    )
    with pytest.raises(Refused, match="bought as prepaid credits: their number is the quantity"):
        set_price(book.pk, flat, by=manager, at=AT)


def test_days_are_paid_in_order_by_what_expires_first():
    early = OpenGrant(1, 7, 5, 3, date(2027, 1, 1), date(2027, 1, 11), Decimal(10))
    bought = OpenGrant(2, 7, 5, None, date(2027, 1, 5), None, Decimal(10))
    other = OpenGrant(3, 7, 5, 4, date(2027, 1, 1), None, Decimal(10))
    month = (3, 5, date(2027, 1, 1), date(2027, 2, 1), 0)
    uses = [
        Use(*month, date(2027, 1, 20), Decimal(9)),
        Use(*month, date(2027, 1, 2), Decimal(4)),
        Use(*month, date(2027, 1, 10), Decimal(8)),
    ]
    drawing = draw_through(uses, [bought, other, early])
    part = (3, date(2027, 1, 1), 0)
    assert drawing.drawn == {(1, part): 10, (2, part): 10}
    assert drawing.overage == {part: 1}
    assert (early.left, bought.left, other.left) == (0, 0, 10)
