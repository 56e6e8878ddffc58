"""The shell in a real browser: the palette, both themes, a mistake beside its field."""

import re
from datetime import date

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from billing.actions import runs
from q2c.identity.models import User
from tests.billing.factories import a_charge, a_customer

PHONE = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}


def somebody(role: str, **given) -> User:
    user = User.objects.create_user(f"{role}@acme.example", "x", full_name="Sam", role=role)
    User.objects.filter(pk=user.pk).update(**given)
    return User.objects.get(pk=user.pk)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_component_is_accessible_in_both_themes(signed_in, axe, theme):
    page = signed_in(somebody("sales_rep", theme=theme))
    page.goto("/style-guide/")
    expect(page.locator("html")).to_have_attribute("data-theme", theme)
    sheets = [page.locator(f'.sheet[data-theme="{name}"]') for name in ("light", "dark")]
    grounds = [sheet.evaluate("it => getComputedStyle(it).backgroundColor") for sheet in sheets]
    assert grounds[0] != grounds[1]
    axe()


@pytest.mark.parametrize("page", [PHONE], indirect=True)
def test_the_style_guide_fits_a_phone(signed_in, axe):
    page = signed_in(somebody("sales_rep"))
    page.goto("/style-guide/")
    axe()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_the_palette_finds_a_document_by_keyboard_alone(signed_in, axe):
    customer = a_customer(legal_name="Nordlicht Solar AG")
    a_charge(customer)
    run = runs.start_run(
        on=date(2026, 1, 1), post=True, deliver=False, by=None, at=timezone.now()
    )  # fmt: skip
    runs.work_off(run.pk, at=timezone.now())
    page = signed_in(somebody("finance"))
    page.goto("/")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox")).to_be_focused()
    page.keyboard.type("nordlicht")
    results = page.locator("#palette-results")
    expect(results.get_by_role("option", name="Nordlicht Solar AG").first).to_be_visible()
    expect(results.get_by_text("Invoices", exact=True)).to_be_visible()
    axe()
    page.keyboard.press("ArrowDown")
    expect(results.locator("[aria-selected=true]")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page).to_have_url(re.compile(r"/(customers|invoices)/\d+/"))


def test_the_palette_shows_sales_no_pages_of_finance(signed_in):
    page = signed_in(somebody("sales_rep"))
    page.goto("/")
    page.get_by_role("button", name="Search or jump to").click()
    page.keyboard.type("bill")
    results = page.locator("#palette-results")
    expect(results.get_by_text("Nothing found")).to_be_visible()
    page.get_by_role("combobox").fill("invo")
    expect(results.get_by_role("option", name="Invoices")).to_be_visible()
    page.keyboard.press("Escape")  # empties the field
    page.keyboard.press("Escape")
    expect(page.get_by_role("combobox")).to_be_hidden()


def test_two_letters_lead_to_a_page_unless_turned_off_or_typed_in_a_field(signed_in):
    user = somebody("sales_rep")
    page = signed_in(user)
    page.goto("/")
    page.keyboard.press("g")
    page.keyboard.press("c")
    expect(page.get_by_role("heading", name="Customers", level=1)).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("gk")
    expect(page.locator("[data-search]")).to_have_value("gk")
    User.objects.filter(pk=user.pk).update(shortcuts=False)
    page.goto("/")
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.wait_for_timeout(300)
    expect(page).to_have_url(re.compile(r"/$"))


def test_an_address_that_is_not_there_is_accessible_and_leads_home(signed_in, axe):
    page = signed_in(somebody("sales_rep"))
    page.goto("/no/such/page/")
    axe()
    page.get_by_role("link", name="Go to the start").click()
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()
