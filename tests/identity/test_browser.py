"""An administrator lets somebody in; who has forgotten their password gets in again."""

import re
from datetime import UTC, datetime

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from q2c.identity.actions import UserDraft, add_user
from q2c.identity.models import User
from q2c.infra import jobs
from q2c.infra.models import Job, Mail

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
PHONE = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}
BOTH = pytest.mark.parametrize("page", [{}, PHONE], indirect=True, ids=["desk", "phone"])


@pytest.fixture
def admin(db):
    return User.objects.create_user("alex@acme.example", full_name="Alex", role="administrator")


def mailed_link():
    for job in Job.objects.filter(done_at=None):
        jobs.run_job(job.pk, at=timezone.now())
    return re.search(r"http://\S+", Mail.objects.latest("pk").text).group()


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@BOTH
def test_an_administrator_adds_finds_and_deactivates_a_person(signed_in, admin, axe):
    page = signed_in(admin)
    page.goto("/users/new/")
    axe()
    page.get_by_label("Name").fill("Cem Aydin")
    page.get_by_label("E-mail").fill("ALEX@acme.example")
    page.get_by_label("Role").select_option("Finance")
    page.get_by_label("Manager").select_option("Alex")
    page.get_by_role("button", name="Add and send the link").click()
    expect(page.get_by_text("Alex has this e-mail address already.")).to_be_visible()
    axe()
    page.get_by_label("E-mail").fill("cem@acme.example")
    page.get_by_role("button", name="Add and send the link").click()
    expect(page.get_by_text("Invited")).to_be_visible()
    axe()
    assert fits(page)
    page.goto("/users/")
    axe()
    assert fits(page)
    page.get_by_role("searchbox", name="Name, e-mail or role").fill("finance")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Cem Aydin").click()
    page.get_by_role("button", name="Deactivate").click()
    page.get_by_role("button", name="Deactivate person").click()
    expect(page.get_by_text("Cem Aydin is deactivated and signed out everywhere.")).to_be_visible()
    axe()
    assert not User.objects.get(email="cem@acme.example").is_active


@BOTH
def test_a_person_chooses_a_password_and_one_who_forgot_it_another(page, admin, axe):
    draft = UserDraft(full_name="Cem", email="cem@acme.example", role="legal")
    add_user(draft, by=admin, at=NOON)
    page.goto(mailed_link())
    axe()
    page.get_by_label("New password").fill("short")
    page.get_by_label("Once more").fill("short")
    page.get_by_role("button", name="Save password").click()
    expect(page.get_by_text("This password is too short")).to_be_visible()
    axe()
    page.get_by_label("New password").fill("a long password")
    page.get_by_label("Once more").fill("a long password")
    page.get_by_role("button", name="Save password").click()
    expect(page.get_by_text("Your password is set, Cem.")).to_be_visible()
    axe()
    page.get_by_role("link", name="Forgot your password?").click()
    expect(page.get_by_role("heading", name="Forgotten password")).to_be_visible()
    axe()
    page.get_by_label("E-mail").fill("cem@acme.example")
    page.get_by_role("button", name="Send me a link").click()
    expect(page.get_by_role("heading", name="Look in your inbox")).to_be_visible()
    axe()
    link = mailed_link()
    page.goto(link)
    page.get_by_label("New password").fill("another long one")
    page.get_by_label("Once more").fill("another long one")
    page.get_by_role("button", name="Save password").click()
    expect(page.get_by_text("Your password is set")).to_be_visible()
    page.goto(link)
    expect(page.get_by_text("This link no longer works")).to_be_visible()
    axe()
    assert fits(page)
    page.goto("/sign-in/")
    page.get_by_label("E-mail").fill("cem@acme.example")
    page.get_by_role("textbox", name="Password").fill("another long one")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_url(re.compile("/$"))
    page.goto("/profile/")
    expect(page.get_by_text("cem@acme.example")).to_be_visible()
