"""What a browser on https sends from a customer's page is taken, and from elsewhere it is not."""

import re
from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from billing.actions import runs
from billing.models import Invoice
from q2c.customers.models import PortalLink
from q2c.customers.portal import make_link
from quotes.models import Comment
from tests.billing.factories import a_charge, a_customer
from tests.contracts.factories import a_contract, a_template
from tests.quotes.conftest import (  # noqa: F401
    book,
    customer,
    draft,
    entity,
    full_draft,
    products,
    rep,
    sent,
    take,
)

HOST = "https://testserver"


@pytest.fixture
def invoice(db):
    a_charge(a_customer())
    run = runs.start_run(on=date(2026, 1, 1), post=True, deliver=False, by=None, at=timezone.now())
    runs.work_off(run.pk, at=timezone.now())
    return Invoice.objects.get()


@pytest.fixture
def contract(sent, customer, rep):  # noqa: F811
    a_template()
    return a_contract(customer, rep)


class Browser:
    """A customer's browser on https, with the CSRF checks that tests usually go without."""

    def __init__(self):
        self._client = Client(enforce_csrf_checks=True)
        self.page = None
        self._address = ""

    def open(self, address):
        self.page = self._client.get(address, secure=True, follow=True)
        chain = self.page.redirect_chain
        self._address = chain[-1][0] if chain else address
        return self.page

    def open_link(self, purpose, *, customer_id, document_id):
        now = timezone.now()
        url = make_link(
            purpose, customer_id=customer_id, document_id=document_id, contact=None, by=None,
            at=now, expires_at=now + timedelta(days=5),
        )  # fmt: skip
        return self.open("/p/" + url.rpartition("/")[2])

    def post(self, address, **fields):
        """Send a form of the page, with the headers that its policy lets a browser send."""
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.page.content.decode())
        is_mute = self.page["Referrer-Policy"] == "no-referrer"
        headers = {"origin": "null"} if is_mute else {"referer": HOST + self._address}
        fields["csrfmiddlewaretoken"] = token[1]
        return self._client.post(address, fields, secure=True, headers=headers)

    def post_from_elsewhere(self, address, **fields):
        token = self._client.cookies["csrftoken"].value
        fields["csrfmiddlewaretoken"] = token
        headers = {"referer": "https://elsewhere.example/"}
        return self._client.post(address, fields, secure=True, headers=headers)


@pytest.fixture
def browser():
    return Browser()


def open_invoice(browser, invoice):
    return browser.open_link(
        PortalLink.INVOICE, customer_id=invoice.customer_id, document_id=invoice.pk
    )


def open_quote(browser, quote):
    return browser.open_link(PortalLink.QUOTE, customer_id=quote.customer_id, document_id=quote.pk)


@pytest.mark.parametrize(
    "purpose", [PortalLink.QUOTE, PortalLink.CONTRACT, PortalLink.INVOICE, PortalLink.ACCOUNT]
)
def test_every_page_says_who_sends_its_forms_and_leaves_no_traces(
    browser,
    sent,  # noqa: F811
    contract,
    invoice,
    purpose,
):
    owner, document = {
        PortalLink.QUOTE: (sent.customer_id, sent.pk),
        PortalLink.CONTRACT: (contract.customer_id, contract.pk),
        PortalLink.INVOICE: (invoice.customer_id, invoice.pk),
        PortalLink.ACCOUNT: (invoice.customer_id, invoice.customer_id),
    }[purpose]
    page = browser.open_link(purpose, customer_id=owner, document_id=document)
    assert page.status_code == 200
    assert (page["Referrer-Policy"], page["X-Robots-Tag"]) == ("same-origin", "noindex")
    assert "no-store" in page["Cache-Control"]


def test_a_question_on_a_quote_arrives(browser, sent):  # noqa: F811
    open_quote(browser, sent)
    answer = browser.post(reverse("quotes:portal_ask", args=[sent.pk]), body="By June?")
    assert answer.status_code == 302
    assert Comment.objects.get().body == "By June?"


def test_automatic_payment_is_switched_on_the_invoice(browser, invoice):
    open_invoice(browser, invoice)
    address = reverse("billing:portal_autopay", args=[invoice.pk])
    assert browser.post(address, autopay="on").status_code == 302
    invoice.customer.refresh_from_db()
    assert invoice.customer.autopay


def test_a_new_link_is_asked_for_on_the_page_of_a_dead_one(browser, db):
    assert browser.open("/p/dead").status_code == 404
    answer = browser.post(reverse("portal:ask_again"), email="ida@nordlicht.example")
    assert answer.status_code == 200
    assert "Look in your inbox" in answer.content.decode()


def test_what_another_site_sends_is_refused(browser, sent, invoice):  # noqa: F811
    open_quote(browser, sent)
    open_invoice(browser, invoice)
    for address in (
        reverse("quotes:portal_ask", args=[sent.pk]),
        reverse("billing:portal_autopay", args=[invoice.pk]),
        reverse("portal:ask_again"),
    ):
        assert browser.post_from_elsewhere(address, body="x", autopay="on").status_code == 403
    assert not Comment.objects.exists()
    invoice.customer.refresh_from_db()
    assert not invoice.customer.autopay
