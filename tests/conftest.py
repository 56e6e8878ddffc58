"""Fixtures for everybody; the processes and the browser behind them are in tests/support."""

import os
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import redis
from django.conf import settings as django_settings
from django.db import connection, connections
from django.test import TransactionTestCase
from django.utils import timezone, translation
from playwright.sync_api import Browser, Page, sync_playwright

from q2c.runtime import bootstrap
from q2c.runtime.environment import redis_url
from q2c.runtime.up import STRIPE_WEBHOOK_PATH
from tests.support import database
from tests.support.browser import ARGUMENTS, Watch, check_accessible, sign_in
from tests.support.processes import StripeStandin, Worker, database_url

real_now = timezone.now
SHIFT = datetime(2026, 11, 24, 13, tzinfo=UTC) - real_now()

hypothesis.settings.register_profile("ci", derandomize=True, max_examples=60, deadline=None)
hypothesis.settings.register_profile("deep", max_examples=2000, deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def pytest_configure(config: pytest.Config) -> None:
    # No collectstatic before tests, and no slow password hashes in them.
    django_settings.STORAGES["staticfiles"]["BACKEND"] = (
        "django.contrib.staticfiles.storage.StaticFilesStorage"
    )
    django_settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    TransactionTestCase._fixture_teardown = database.empty_tables
    # Whenever the tests run, doors read the days in which the tests' stories play.
    timezone.now = lambda: real_now() + SHIFT


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "page" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    django_db_modify_db_settings_parallel_suffix: None,
    django_db_keepdb: bool,
    django_db_blocker: Any,
) -> None:
    """Workers side by side migrate one database and copy it."""
    if hasattr(request.config, "workerinput") and not django_db_keepdb:
        with django_db_blocker.unblock():
            database.copy_the_migrated(tmp_path_factory.getbasetemp().parent)


@pytest.fixture(autouse=True)
def _clock(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real worker reads the real clock, and so does everything in a test that has one."""
    if "celery_worker" in request.fixturenames:
        monkeypatch.setattr(timezone, "now", real_now)


@pytest.fixture(autouse=True)
def _empty_cache_and_queue(request: pytest.FixtureRequest) -> Iterator[None]:
    """What one test cached or queued, and the language it spoke, is not the next one's."""
    yield
    translation.deactivate()
    if {"db", "transactional_db", "live_server"} & set(request.fixturenames):
        _forget_keys()


def _forget_keys() -> None:
    prefix = os.environ["Q2C_QUEUE_PREFIX"]
    for url in {redis_url(), django_settings.CACHES["default"]["LOCATION"]}:
        with redis.Redis.from_url(url) as client:
            if keys := list(client.scan_iter(f"*{prefix}*", count=1000)):
                client.delete(*keys)


@pytest.fixture
def stripe_standin(
    request: pytest.FixtureRequest, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[StripeStandin]:
    """The stand-in for Stripe in a process of its own; its webhooks reach `live_server` if used."""
    base = "http://127.0.0.1:9"  # nobody listens there
    if "live_server" in request.fixturenames:
        base = request.getfixturevalue("live_server").url
    standin = StripeStandin(
        data=tmp_path / "stripe.json",
        log=tmp_path / "stripe.log",
        webhook_url=base + STRIPE_WEBHOOK_PATH,
    )
    settings.STRIPE_API_BASE = standin.url
    policy = deepcopy(settings.CONTENT_SECURITY_POLICY)
    policy["DIRECTIVES"]["form-action"].append(standin.url)
    settings.CONTENT_SECURITY_POLICY = policy
    monkeypatch.setenv("STRIPE_API_BASE", standin.url)  # for a worker
    standin.start()
    yield standin
    standin.stop()


@pytest.fixture
def celery_worker(
    request: pytest.FixtureRequest, transactional_db: None, tmp_path: Path
) -> Iterator[Worker]:
    """A real worker on this test's database and queue: `.pid`, `.kill9()`, `.restart()`."""
    if "stripe_standin" in request.fixturenames:
        request.getfixturevalue("stripe_standin")
    environment = {"DATABASE_URL": database_url(connection.settings_dict["NAME"])}
    if "live_server" in request.fixturenames:
        environment["Q2C_PUBLIC_URL"] = request.getfixturevalue("live_server").url
    _forget_keys()
    worker = Worker(log=tmp_path / "worker.log", environment=environment)
    worker.start()
    yield worker
    worker.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the session; without one the tests that need it fail."""
    chromium = bootstrap.chromium()
    if chromium is None:
        pytest.fail("There is no Chromium; as root run: apt-get install chromium libatomic1")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield launched
        launched.close()
        # While playwright's loop runs, Django keeps other connections than without it; nobody
        # would close those.
        connections.close_all()


@pytest.fixture
def page(
    request: pytest.FixtureRequest, browser: Browser, live_server: Any, settings: Any
) -> Iterator[Page]:
    """A fresh browser window on the live server; script errors, CSP violations, 5xx fail the test.

    Mark a test with `@pytest.mark.parametrize("page", [{"viewport": …}], indirect=True)` to set
    the options of its context.
    """
    settings.PUBLIC_URL = live_server.url
    settings.CSRF_TRUSTED_ORIGINS = [live_server.url]
    options = {"viewport": {"width": 1280, "height": 900}, **getattr(request, "param", {})}
    context = browser.new_context(base_url=live_server.url, **options)
    context.set_default_timeout(15_000)
    page = context.new_page()
    watch = Watch(page)
    yield page
    context.close()
    assert not watch.errors, "\n".join(watch.errors)


@pytest.fixture
def signed_in(page: Page, live_server: Any) -> Callable[[Any], Page]:
    """`signed_in(user)` is the page with that user signed in."""

    def signed_in(user: Any) -> Page:
        sign_in(page, user, at=live_server.url)
        return page

    return signed_in


@pytest.fixture
def axe(page: Page) -> Callable[..., None]:
    """`axe()` fails with every WCAG violation on the page as it stands."""
    return partial(check_accessible, page)
