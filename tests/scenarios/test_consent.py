# ruff: noqa: F811
"""Whoever signs an amendment or a renewal agrees to words that say so, and those are kept."""

from datetime import date, timedelta
from decimal import Decimal
from urllib.parse import urlsplit

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from django.utils.translation import override

from orders.actions import draft_renewal
from q2c.customers.models import PortalLink
from q2c.customers.portal import make_link
from quotes.actions import send_quote, submit_quote
from quotes.models import Acceptance, Quote
from quotes.queries import consent_to
from tests.api.conftest import api_for  # noqa: F401
from tests.scenarios.test_amendments import (  # noqa: F401
    MIDDLE,
    THEN,
    _alone,
    amend,
    close,
    contract,
    does,
)

D = Decimal


@pytest.fixture(autouse=True)
def _then(monkeypatch):
    """Pages are opened when the offers are sent."""
    for module in ("quotes.views.portal", "q2c.customers.portal_session"):
        monkeypatch.setattr(f"{module}.timezone.now", lambda: THEN)


@pytest.fixture
def sent(rep):
    """`sent(quote)` is that quote, submitted and sent."""

    def sent(quote):
        submit_quote(quote.pk, by=rep, at=THEN)
        return send_quote(quote.pk, by=rep, at=THEN)

    return sent


@pytest.fixture
def amended(amend, does, sent):
    """Fifteen seats in place of ten, no service level, two routers; from 11 March 2027."""
    quote = amend()
    does.change(quote, "SUP", quantity=D(15))
    does.end(quote, "SLA")
    does.add(quote, "BOX", 2)
    return sent(Quote.objects.get(pk=quote.pk))


@pytest.fixture
def opened(client, contact):
    """`opened(quote)` is the customer's page, opened by its link."""

    def opened(quote):
        url = make_link(
            PortalLink.QUOTE, customer_id=quote.customer_id, document_id=quote.pk,
            contact=contact, by=None, at=THEN, expires_at=timezone.now() + timedelta(days=400),
        )  # fmt: skip
        return client.get(urlsplit(url).path, follow=True).text

    return opened


def words(quote, language="en"):
    with override(language):
        lines = quote.lines.select_related("product").order_by("position")
        return consent_to(quote, list(lines), quote.document_id)


def test_of_an_amendment_the_words_say_what_changes_from_when_and_in_which_contract(
    amended, contract, opened, client
):
    said = words(amended)
    assert said.startswith(
        f"I accept amendment {amended.number} (version 1) to contract {contract.number} between "
        "Brightline Networks GmbH and Nordlicht Solar AG. From 11 Mar 2027: "
        "15 × “Support” for 150.00 EUR a period instead of 10 for 100.00 EUR; "
        "“Service level” ends; 2 × “Router” for 378.00 EUR is added. "
        "Until the contract ends on 31 Dec 2027 this comes to "
    )
    assert "Everything else in the contract stays as agreed." in said
    assert said.endswith(f"Document SHA-256: {amended.document_id}.")
    page = opened(amended)
    assert escape(said) in page
    assert f"Amendment to contract {contract.number}" in page
    assert "Accept this amendment" in page
    client.post(
        reverse("quotes:portal_accept", args=[amended.pk]),
        {
            "name": "Ida Voss", "signature_kind": "typed", "signature": "Ida Voss",
            "consent": "1", "content_hash": amended.content_hash,
        },
    )  # fmt: skip
    assert Acceptance.objects.get(quote=amended).consent == said


def test_of_a_renewal_they_say_what_takes_the_place_of_what(contract, rep, sent, opened):
    renewal = Quote.objects.get(pk=draft_renewal(contract.pk, by=rep, at=THEN))
    offered = sent(renewal)
    said = words(offered)
    assert said.startswith(
        f"I accept the renewal {offered.number} (version 1) of contract {contract.number} between "
        "Brightline Networks GmbH and Nordlicht Solar AG: from 1 Jan 2028 what this offer lists takes the "
        "place of what ran until 31 Dec 2027, for 12 months at 200.00 EUR a month, 2,400.00 EUR "
        "net in all"
    )
    page = opened(offered)
    assert escape(said) in page
    assert f"Renewal of contract {contract.number}" in page
    assert "Accept this renewal" in page


@pytest.mark.parametrize(
    ("language", "beginning", "added", "ending"),
    [
        ("de", "Ich nehme den Nachtrag", "2 × „Router“ zu 378,00 EUR kommt hinzu", "„Service"),
        ("fr", "J’accepte l’avenant", "2 × « Router » à 378,00 EUR s’ajoute", "« Service"),
        ("es", "Acepto la modificación", "se añade 2 × «Router» por 378,00 EUR", "«Service"),
    ],
)
def test_they_are_said_in_the_customers_language(
    amended, contract, language, beginning, added, ending
):
    said = words(amended, language).replace("\xa0", " ").replace("\u202f", " ")
    assert said.startswith(beginning)
    assert contract.number in said
    assert added in said
    assert ending in said


def test_many_changes_are_named_as_far_as_a_sentence_goes(amend, does):
    quote = amend()
    for _ in range(14):
        does.add(quote, "BOX")
    quote = Quote.objects.get(pk=quote.pk)
    assert words(quote).count("“Router”") == 12
    assert "2 more changes, as in the document" in words(quote)


def test_words_do_not_change_with_the_day_on_which_they_are_read(amended, monkeypatch):
    before = words(amended)
    monkeypatch.setattr("quotes.views.portal.timezone.now", lambda: THEN + timedelta(days=20))
    assert words(amended) == before
    assert amended.starts_on == MIDDLE < date(2027, 3, 25)


def test_a_program_reads_what_it_accepts_in_the_customers_name(amended, rep, api_for):
    assert api_for(rep).get(f"quotes/{amended.pk}").json()["consent"] == words(amended)
