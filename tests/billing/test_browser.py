"""Billing in a real browser: look first, post, watch, credit."""

import threading
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone
from playwright.sync_api import expect

from billing.actions.runs import work_off
from billing.models import BillingRun, Invoice
from tests.billing.factories import a_charge, a_customer


@pytest.fixture
def worker():
    """Work off a run as a worker would, while the page looks on."""

    def work(run_id: int) -> None:
        def target() -> None:
            work_off(run_id, at=timezone.now())
            connection.close()

        thread = threading.Thread(target=target)
        thread.start()
        thread.join()

    return work


@pytest.mark.parametrize("width", [1280, 390])
def test_finance_looks_first_then_posts_then_credits(signed_in, finance, axe, worker, width):
    customer = a_customer(legal_name="Hansa Logistik GmbH")
    a_charge(customer, discount_percent=Decimal(10), net_per_period=Decimal(45))
    a_charge(a_customer(legal_name="Kanzlei Vogt", has_address=False))
    page = signed_in(finance)
    page.set_viewport_size({"width": width, "height": 900})

    page.goto("/billing-runs/")
    axe()
    page.get_by_label("Due by").fill("2026-01-01")
    page.get_by_role("button", name="Dry run").click()
    expect(page.get_by_role("heading", name="Dry run of 1 Jan 2026")).to_be_visible()
    expect(page.get_by_text("0 of 1")).to_be_visible()
    worker(BillingRun.objects.latest("pk").pk)
    expect(page.get_by_role("button", name="Post 1 invoice")).to_be_visible()
    expect(page.get_by_text("Kanzlei Vogt has no billing address.")).to_be_visible()
    axe()
    assert not Invoice.objects.exists()

    page.get_by_role("button", name="Post 1 invoice").click()
    page.get_by_role("button", name="Post and send").click()
    expect(page.get_by_role("heading", name="Billing run of 1 Jan 2026")).to_be_visible()
    worker(BillingRun.objects.latest("pk").pk)
    page.get_by_role("link", name="Its invoices").click()
    expect(page.get_by_role("heading", name="Invoices")).to_be_visible()
    axe()
    page.get_by_role("link", name="INV-2026-000001").click()
    page.get_by_text("Why this amount").click()
    expect(page.get_by_text("10 × 5")).to_be_visible()
    axe()

    page.get_by_role("link", name="Credit…").click()
    page.get_by_label("Support").fill("46")
    page.get_by_label("Reason").fill("Two seats were not usable")
    page.get_by_role("button", name="Issue credit note").click()
    expect(page.get_by_text("has 45.00 EUR left to credit, not 46.")).to_be_visible()
    axe()
    page.get_by_label("Support").fill("9")
    page.get_by_role("button", name="Issue credit note").click()
    expect(page.get_by_role("heading", name="Credit note CN-2026-000001")).to_be_visible()
    axe()
    invoice = Invoice.objects.get(kind="invoice")
    assert (invoice.issued_on, invoice.open) == (date(2026, 1, 1), Decimal("42.84"))


def test_a_draft_is_written_posted_and_cannot_be_edited_any_more(signed_in, finance, axe):
    customer = a_customer()
    a_charge(customer)
    page = signed_in(finance)
    page.goto(f"/invoices/new/?customer={customer.pk}")
    axe()
    page.locator("[name=lines-0-product]").select_option(label="SUP Support")
    page.locator("[name=lines-0-quantity]").fill("2")
    page.locator("[name=lines-0-unit_price]").fill("900")
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_text("2,142.00 EUR").first).to_be_visible()
    page.get_by_role("button", name="Post", exact=True).click()
    page.get_by_role("button", name="Post and send").click()
    expect(page.get_by_role("heading", name="INV-")).to_be_visible()
    expect(page.get_by_role("link", name="Edit", exact=True)).to_have_count(0)
    axe()
