import pytest
from playwright.sync_api import expect

from q2c.customers.models import Customer

PHONE = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}


@pytest.mark.parametrize("page", [{}, PHONE], indirect=True, ids=["desk", "phone"])
def test_a_rep_creates_finds_and_mends_a_customer(signed_in, rep, entity, axe):
    page = signed_in(rep)
    page.goto("/customers/new/")
    axe()
    page.get_by_label("Legal name").fill("Hafen AG")
    page.get_by_label("Invoices go to").fill("ap@hafen.example")
    page.get_by_label("Tax id").fill("DE811569868")
    billing = page.locator("section", has=page.get_by_role("heading", name="Billing address"))
    billing.get_by_label("Street and number").fill("Kai 1")
    billing.get_by_label("City").fill("Kiel")
    billing.get_by_label("Country").select_option("DE")
    page.get_by_role("button", name="Create customer").click()
    expect(page.get_by_text("a digit may be mistyped")).to_be_visible()
    expect(page.get_by_label("Legal name")).to_have_value("Hafen AG")
    axe()
    page.get_by_label("Tax id").fill("DE811569869")
    page.get_by_role("button", name="Create customer").click()
    expect(page.get_by_role("heading", name="Hafen AG")).to_be_visible()
    axe()
    page.get_by_role("link", name="Add contact").click()
    page.get_by_label("Name").fill("Ole Brandt")
    page.get_by_label("E-mail").fill("ole@hafen.example")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Ole Brandt").first).to_be_visible()
    page.goto("/customers/")
    page.get_by_role("searchbox", name="Name, number, tax id or e-mail").fill("hafen")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Hafen AG").click()
    page.get_by_role("link", name="Edit", exact=True).click()
    page.get_by_label("Payment terms").fill("14")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("14 days", exact=True)).to_be_visible()
    customer = Customer.objects.get()
    assert (customer.payment_terms_days, customer.contacts.get().name) == (14, "Ole Brandt")
    width = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert width <= 0


def test_catalog_pages_are_accessible(signed_in, admin, axe, db):
    page = signed_in(admin)
    page.goto("/products/new/")
    page.get_by_label("SKU").fill("BOX")
    page.get_by_label("Name", exact=True).fill("Box")
    page.get_by_label("Kind").select_option("bundle")
    axe()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("No options yet")).to_be_visible()
    axe()
    for path in ("/products/", "/products/tax-rates/", "/customers/legal-entities/new/"):
        page.goto(path)
        axe()
