# ruff: noqa: F811
"""What made way for a renewal before that was kept is known by the words of its end."""

from datetime import date
from importlib import import_module

from django.db import connection

from orders.actions import cancel_subscription, draft_renewal
from orders.models import Subscription
from quotes.actions import change_quote
from quotes.models import Quote
from tests.contracts.conftest import template  # noqa: F401
from tests.contracts.factories import a_contract, sign
from tests.quotes.conftest import (  # noqa: F401
    admin,
    book,
    cfo,
    contact,
    customer,
    draft,
    entity,
    products,
    rep,
    signature,
    take,
)
from tests.scenarios.test_renewals_given_up import (  # noqa: F401
    AUTUMN,
    NEXT_YEAR,
    NOON,
    _alone,
    close,
    contract,
    give_up,
    renewal,
    running,
)

MIGRATION = import_module("orders.migrations.0008_what_made_way_for_a_renewal")


def test_what_was_renewed_by_then_can_still_be_revived(
    contract, renewal, give_up, customer, contact, rep, cfo, close
):
    ends, gone = (
        sign(a_contract(customer, rep, auto_renew=auto), by=cfo) for auto in (False, True)
    )
    quote = draft_renewal(ends.pk, by=rep, at=AUTUMN)
    change_quote(quote, {"contact_id": contact.pk}, by=rep, at=AUTUMN)
    close(Quote.objects.get(pk=quote), at=AUTUMN)
    stopped = running(gone)
    cancel_subscription(stopped.pk, on=date(2027, 7, 1), reason="Moves", by=None, at=NOON)
    made_way = Subscription.objects.order_by("pk").values_list(
        "contract_id", "ends_on", "renewed_by__contract__renews_id", "ends_on_unrenewed"
    )
    before = list(made_way)
    assert before[:4] == [
        (contract.pk, NEXT_YEAR, contract.pk, None),  # it would have run on
        (renewal.pk, None, None, None),
        (ends.pk, NEXT_YEAR, None, None),  # it ended by itself as the renewal began
        (gone.pk, date(2027, 7, 1), None, None),
    ]
    Subscription.objects.update(renewed_by=None, ends_on_unrenewed=None)
    with connection.cursor() as cursor:
        cursor.execute(MIGRATION.KNOWN)
    assert list(made_way) == before
    give_up()
    assert (running(contract).state, running(contract).ends_on) == ("running", None)
