"""The browser fixtures notice what a test did not look for."""

import pytest
from django.http import HttpResponse
from django.urls import path

from tests.support.browser import Watch, check_accessible


def _broken(request):
    return HttpResponse("<!doctype html><html lang=en><title>x</title><script>nope()</script>")


def _unreadable(request):
    return HttpResponse("<!doctype html><html lang=en><title>x</title><img src='data:,'>")


def _failing(request):
    return HttpResponse("no", status=500)


urlpatterns = [
    path("broken", _broken),
    path("unreadable", _unreadable),
    path("failing", _failing),
]


@pytest.fixture
def window(browser, live_server, settings):
    settings.ROOT_URLCONF = "tests.runtime.test_browser_support"
    context = browser.new_context(base_url=live_server.url)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize(
    ("address", "found"),
    [("/broken", "Content Security Policy"), ("/failing", "500 from "), ("/unreadable", "")],
)
def test_errors_on_a_page_are_noticed(window, address, found):
    watch = Watch(window)
    window.goto(address)
    assert found in "\n".join(watch.errors)
    assert bool(watch.errors) == bool(found)


def test_an_inaccessible_page_is_noticed(window):
    window.goto("/unreadable")
    with pytest.raises(AssertionError, match="image-alt"):
        check_accessible(window)
