import re

from playwright.sync_api import expect


def test_an_administrator_makes_copies_and_revokes_a_key(signed_in, admin, axe):
    page = signed_in(admin)
    page.goto("/api-keys/")
    page.get_by_role("link", name="New key").first.click()
    expect(page.get_by_role("heading", name="New API key")).to_be_visible()
    axe()
    page.get_by_role("textbox", name="Name").fill("Web shop")
    page.get_by_label(re.compile("^quotes:read")).check()
    page.get_by_role("button", name="Make key").click()
    expect(page.get_by_text(re.compile(r"qtc_test_\w{49}"))).to_be_visible()
    axe()
    page.get_by_role("link", name="I have copied it").click()
    expect(page.get_by_role("heading", name="API keys")).to_be_visible()
    axe()
    page.get_by_role("button", name="Revoke Web shop").click()
    page.get_by_role("button", name="Revoke key").click()
    expect(page.get_by_role("table").get_by_text("Revoked")).to_be_visible()


def test_the_docs_show_every_verb_under_our_own_policy(page, live_server):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.set_viewport_size({"width": 1280, "height": 20_000})  # it draws only what is in sight
    page.goto("/api/v1/docs")
    submit = page.locator("#operations-quotes-quotes_submit")
    expect(submit).to_be_visible(timeout=20_000)
    submit.locator("button").first.click()
    expect(page.get_by_text("Idempotency-Key").first).to_be_visible()
    assert [url for url in asked if not url.startswith((live_server.url, "data:"))] == []


def test_problems_are_explained_where_their_type_points(signed_in, admin, axe):
    page = signed_in(admin)
    page.goto("/api/v1/problems#stale_version")
    expect(page.locator("#stale_version")).to_be_in_viewport()
    axe()
