"""What the browser tests share: one Chromium a session, and checks on every page."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, Response

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


class Watch:
    """Collects what went wrong on a page while the test looked elsewhere."""

    def __init__(self, page: Page) -> None:
        self.errors: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.errors.append(f"script error: {error}"))
        page.on("response", self._response)

    def _console(self, message: Any) -> None:
        # A refusal (422) is logged as a failed resource; `_response` judges those.
        # htmx logs requests that a newer one, or leaving the page, replaced, and those that the test
        # kept from the server or let be signed out.
        usual = (
            "Failed to load resource",
            "htmx:sendAbort",
            "htmx:afterRequest",
            "htmx:sendError",
            "Response Status Error Code 401",
        )
        if message.type == "error" and not message.text.startswith(usual):
            self.errors.append(f"console: {message.text}")

    def _response(self, response: Response) -> None:
        missing_file = response.status == 404 and "/static/" in response.url
        if response.status >= 500 or missing_file:
            self.errors.append(f"{response.status} from {response.url}")


def sign_in(page: Page, user: Any, *, at: str) -> None:
    """Sign this browser in at that address, without the form."""
    client = Client()
    client.force_login(user)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": at}])


def check_accessible(page: Page, *, within: str = "html") -> None:
    """Fail with every WCAG 2.2 AA violation that axe finds on this page, once it has loaded.

    A click does not wait for the page it leads to: expect something of that page before.
    """
    page.wait_for_load_state()
    spec = find_spec("axe_playwright_python")
    assert spec
    assert spec.origin
    page.evaluate((Path(spec.origin).parent / "axe.min.js").read_text())
    found = page.evaluate(
        "([within, tags]) => axe.run(within, {runOnly: {type: 'tag', values: tags}})",
        [within, WCAG],
    )
    words = [
        f"{violation['id']}: {violation['help']}: {node['target']} {node['html'][:160]}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]
    assert not words, f"{page.url}\n" + "\n".join(words)
