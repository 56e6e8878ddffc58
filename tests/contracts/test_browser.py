"""The contract in a real browser: approved, signed, read by the customer on a phone."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from contracts.models import ContractPolicy
from q2c.customers.models import PortalLink
from q2c.customers.portal import make_link, revoke_links
from tests.contracts.factories import sign

PHONE = {"width": 390, "height": 844}


@pytest.mark.parametrize("width", [1280, 390])
def test_finance_approves_and_countersigns(signed_in, axe, make_contract, finance, fresh, width):
    contract = make_contract(lines=[("SUP", 10), ("BOX", 1)])
    page = signed_in(finance)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/contracts/")
    axe()
    page.get_by_role("link", name=contract.number).click()
    expect(page.get_by_role("heading", name=contract.number)).to_be_visible()
    page.get_by_role("button", name="Refuse").click()
    expect(page.get_by_text("Say why the contract is refused.")).to_be_visible()
    page.get_by_label("Comment").fill("As agreed with sales")
    page.get_by_role("button", name="Approve for finance").click()
    expect(page.get_by_text("“As agreed with sales”").first).to_be_visible()
    axe()

    page.get_by_role("button", name="Countersign…").click()
    expect(page.get_by_role("heading", name="Countersign this contract?")).to_be_visible()
    axe()
    page.get_by_role("button", name="Countersign", exact=True).click()
    expect(page.get_by_role("link", name="Signed PDF")).to_be_visible()
    expect(page.locator("main").get_by_text("O-2026-").first).to_be_visible()  # its order
    axe()
    assert (fresh(contract).state, fresh(contract).countersigned_by) == ("signed", finance)


def test_legal_ends_a_contract_after_saying_why(signed_in, axe, contract, cfo, legal, fresh):
    sign(contract, by=cfo)
    page = signed_in(legal)
    page.goto(f"/contracts/{contract.pk}/")
    page.get_by_role("button", name="Terminate…").click()
    axe()
    page.get_by_label("First day without it").fill("2027-05-01")
    page.get_by_role("button", name="Terminate contract").click()
    expect(page.get_by_role("heading", name="Terminate this contract?")).to_be_visible()
    assert fresh(contract).state == "signed"
    page.get_by_label("Reason").fill("The site closes")
    page.get_by_role("button", name="Terminate contract").click()
    expect(page.get_by_text("The first day without it is 1 May 2027.")).to_be_visible()
    axe()
    assert fresh(contract).state == "terminated"


def test_the_administrator_sets_when_legal_is_asked(signed_in, axe, admin, template):
    page = signed_in(admin)
    page.goto("/contracts/policies/")
    axe()
    page.get_by_role("link", name="New policy").first.click()
    page.get_by_label("Name").fill("Long terms")
    page.get_by_role("button", name="Save policy").click()
    expect(page.get_by_text("Give a total or a term from which legal approves.")).to_be_visible()
    axe()
    page.get_by_label("Term from, in months").fill("24")
    page.get_by_role("button", name="Save policy").click()
    expect(page.get_by_role("link", name="Long terms")).to_be_visible()
    assert ContractPolicy.objects.get().legal_from_months == 24
    page.goto(f"/contracts/templates/{template.pk}/")
    axe()


def test_the_customer_reads_the_contract_on_a_phone_until_the_link_is_revoked(
    page, axe, contract, cfo
):
    sign(contract, by=cfo)
    now = timezone.now()
    url = make_link(
        PortalLink.CONTRACT, customer_id=contract.customer_id, document_id=contract.pk,
        contact=None, by=None, at=now, expires_at=now + timedelta(days=5),
    )  # fmt: skip
    page.set_viewport_size(PHONE)
    page.goto(url)
    expect(page.get_by_text("Signed by both sides.")).to_be_visible()
    axe()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    revoke_links(PortalLink.CONTRACT, contract.pk, at=now)
    page.goto(url)
    expect(page.get_by_role("heading", name="This link no longer works")).to_be_visible()
    axe()


def test_legal_writes_an_alternate_and_takes_it_into_a_contract(signed_in, axe, contract, legal):
    page = signed_in(legal)
    page.goto("/contracts/clauses/")
    axe()
    page.get_by_role("link", name="Term", exact=True).click()
    add = page.get_by_role("link", name="Add one")
    expect(add).to_be_visible()
    axe()
    add.click()
    page.get_by_label("Name").fill("Without end")
    page.get_by_label("Title").first.fill("Term")
    page.get_by_label("Text").first.fill("From {{ starts_on }} without end.")
    axe()
    page.get_by_role("button", name="Save clause").click()
    expect(page.get_by_role("heading", name="Without end")).to_be_visible()

    page.goto(f"/contracts/{contract.pk}/")
    page.get_by_role("link", name="Change the clause Term").click()
    page.get_by_role("radio", name="Without end").check()
    axe()
    page.get_by_role("button", name="Change the text").click()  # the browser asks for the reason
    page.get_by_label("Reason").fill("They stay for good.")
    page.get_by_role("button", name="Change the text").click()
    expect(page.get_by_text("The text deviates from the clause library:")).to_be_visible()
    page.get_by_text("Compared with the standard").click()
    expect(page.locator("ins", has_text="without end.").first).to_be_visible()
    axe()
    page.goto("/contracts/?text=deviates")
    expect(page.get_by_role("link", name=contract.number)).to_be_visible()
