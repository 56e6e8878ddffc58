"""The books in a real browser: read the reports, recognise, close the month."""

from datetime import date

import pytest
from playwright.sync_api import expect

from revenue.actions import recognise, run_check
from revenue.models import BooksCheck, Period
from tests.billing.factories import a_customer, the_entity
from tests.revenue.factories import AT, a_transfer, an_invoice

PHONE = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}


@pytest.mark.parametrize("page", [{}, PHONE], indirect=True, ids=["desk", "phone"])
def test_the_reports_are_read_and_the_month_is_closed(signed_in, person, axe):
    manager = person("finance_manager")
    invoice = an_invoice(
        "1200.00", months=12, customer=a_customer(legal_name="Hansa Logistik GmbH")
    )
    a_transfer(invoice, "428.00", on=date(2026, 1, 20), by=manager)
    an_invoice("31000", currency="JPY")
    recognise(through=date(2026, 1, 10), legal_entity_id=the_entity().pk, by=None, at=AT)
    page = signed_in(manager)

    page.goto("/receivables/?on=2026-03-31")
    expect(page.get_by_role("heading", name="1,000.00 EUR")).to_be_visible()
    expect(page.get_by_text("Ties to account 1100")).to_have_count(2)
    axe()
    page.goto("/deferred-revenue/")
    expect(page.get_by_text("1,167.12 EUR").first).to_be_visible()
    axe()
    page.goto("/tie-out/")
    page.get_by_role("button", name="Check now").click()
    expect(page.get_by_text("is under way")).to_be_visible()
    axe()
    run_check(BooksCheck.objects.get().pk, at=AT)
    expect(page.get_by_text("All ties out")).to_be_visible()
    axe()
    page.goto("/trial-balance/")
    expect(page.get_by_text("Balances", exact=True)).to_have_count(2)
    axe()
    page.get_by_role("link", name="1000 Bank").click()
    expect(page.get_by_role("heading", name="Ledger")).to_be_visible()
    axe()
    page.get_by_role("link", name="JE-2026-").click()
    expect(page.get_by_role("heading", name="JE-2026-")).to_be_visible()
    expect(page.get_by_role("cell", name="428.00")).to_have_count(2)
    axe()

    page.goto("/recognition/")
    axe()
    page.get_by_label("Through").fill("2026-01-31")
    page.get_by_role("button", name="Recognise").click()
    expect(page.get_by_text("Recognised 69.04 EUR, 21,000 JPY.")).to_be_visible()
    page.goto("/periods/")
    axe()
    page.get_by_role("button", name="Close month").click()
    expect(page.get_by_text("January 2026 is closed.")).to_be_visible()
    axe()
    assert Period.objects.get(starts_on=date(2026, 1, 1)).state == "closed"
