"""The demo company loads, twice without harm, and its books tie out."""

from decimal import Decimal

import pytest
from django.core.management import call_command

from contracts.models import Contract
from q2c.customers.models import Customer
from quotes.models import Quote, QuoteLine
from revenue.queries.checks import check_books


@pytest.mark.django_db
def test_the_story_leaves_deals_in_every_state_and_books_that_tie_out():
    call_command("seed_demo", "--size", "S")
    states = set(Quote.objects.values_list("state", flat=True))
    assert states >= {"draft", "in_review", "sent", "accepted", "declined"}
    assert set(Contract.objects.values_list("state", flat=True)) == {
        "in_approval",
        "approved",
        "signed",
    }
    assert check_books() == []
    offer = QuoteLine.objects.filter(quote__title="Fibre and mobile lines")
    sim, router = offer.get(product__sku="SIM"), offer.get(product__sku="NET-ROUTER")
    assert (sim.quantity, sim.list_unit_price) == (2, Decimal("4.25"))  # 15 % off two lines
    assert (router.quantity, router.bundle_discount_percent) == (1, 10)
    count = Customer.objects.count()
    call_command("seed_demo", "--size", "S")
    assert Customer.objects.count() == count


def test_the_outbox_belongs_to_the_demo(client, settings, django_user_model, db):
    settings.DEMO = False
    user = django_user_model.objects.create_user("a@b.example", "x", full_name="A", role="legal")
    client.force_login(user)
    assert client.get("/demo/outbox/").status_code == 404
