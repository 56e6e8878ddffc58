"""Count what a page asks of the database."""

from collections.abc import Callable

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext


def queries_of(client: Client, address: str) -> int:
    """Return how many queries a page takes; it is asked once before, so caches are warm."""
    assert client.get(address).status_code == 200
    with CaptureQueriesContext(connection) as captured:
        client.get(address)
    return len(captured)


def assert_constant(client: Client, address: str, more: Callable[[], object]) -> None:
    """Fail when the page asks more often after `more()` has made rows for it."""
    before = queries_of(client, address)
    more()
    after = queries_of(client, address)
    assert after <= before, f"{address}: {before} queries, then {after}"
