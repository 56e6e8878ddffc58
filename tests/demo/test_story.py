"""The demo company: its books tie out, it loads twice, and its German customers read German alone."""

import re
from datetime import timedelta
from decimal import Decimal
from io import BytesIO, StringIO
from itertools import count

import pytest
from django.core.management import call_command
from django.db import transaction
from django.db.models import Max, Min, Sum
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from billing.documents import render_invoice
from billing.models import Invoice, InvoiceLine
from contracts.documents import contract_pdf
from contracts.models import Contract
from orders.models import CreditDraw
from q2c.catalog.models import Product
from q2c.customers.models import Address, Contact, Customer, LegalEntity, PortalLink
from q2c.customers.portal import make_link
from q2c.identity.models import User
from q2c.infra import jobs
from q2c.infra.models import Job, Mail
from q2c.kernel.rating import ChargeModel
from quotes.actions import cancel_quote
from quotes.documents import quote_pdf
from quotes.models import Attachment, Comment, CounterItem, CounterOffer, Price, Quote, QuoteLine
from quotes.queries import accepted_quote, billing_schedule, laid_out
from revenue.queries.checks import check_books
from tests.support.marked import german_marked, seen_in, untold, words_of

pytestmark = pytest.mark.usefixtures("story", "db")
# Names and marks that read alike in every language; an id; the carrier and the bank of the demo.
ALIKE = words_of(["BIC IBAN PDF PNG JPEG SHA UTC EUR VAT DHL http localhost"])
_addresses = count(1)
ADDRESS = re.compile(r"https?://\S+|\b[0-9a-f]{32,64}\b|[\w.]+@[\w.]+")
GERMAN = {"customer__language": "de"}


@pytest.fixture(scope="module")
def story(django_db_setup, django_db_blocker):
    """The demo company of size S; what is told in German is marked. Gone when the tests end."""
    with django_db_blocker.unblock(), german_marked(), transaction.atomic():
        call_command("seed_demo", "--size", "S", stdout=StringIO())
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def known(story):
    """The words of the demo's own data: names, titles, letters, what people wrote."""
    of_german = {"quote__customer__language": "de"}
    rows = [
        Customer.objects.values_list("legal_name", "tax_id"),
        Address.objects.values_list("street", "city", "country"),
        Contact.objects.values_list("name", "email"),
        User.objects.values_list("full_name", "email"),
        LegalEntity.objects.values_list(
            "name", "street", "city", "country", "tax_id", "iban", "bic"
        ),
        LegalEntity.objects.values_list("bank_name"),
        Quote.objects.filter(**GERMAN).values_list("title", "cover_letter", "notes", "number"),
        Quote.objects.filter(**GERMAN).values_list("decline_reason"),
        QuoteLine.objects.filter(**of_german).values_list("description", "note", "choice"),
        QuoteLine.objects.filter(**of_german).values_list("choice_group"),
        Comment.objects.filter(**of_german).values_list("body", "author_label"),
        Attachment.objects.values_list("name"),
        CounterItem.objects.values_list("reason", "answer"),
        CounterOffer.objects.values_list("message", "author_label"),
        Contract.objects.filter(**GERMAN).values_list("number", "customer_signed_by"),
        Invoice.objects.values_list("number"),
    ]
    texts = [str(text) for found in rows for row in found for text in row]
    for body in Contract.objects.filter(**GERMAN).values_list("body", flat=True):
        texts += [part for clause in body for part in (clause["title"], clause["body"])]
    for names in Product.objects.values_list("translations", flat=True):
        texts.append(names.get("de", {}).get("name", ""))
    return words_of(texts) | ALIKE


def browser(purpose, document_id, customer):
    url = make_link(
        purpose, customer_id=customer.pk, document_id=document_id,
        contact=customer.contacts.first(), by=None, at=timezone.now(),
        expires_at=timezone.now() + timedelta(days=5),
    )  # fmt: skip
    # Many links are opened within a minute here, which one address may not.
    client = Client(REMOTE_ADDR=f"10.0.0.{next(_addresses)}")
    client.get("/p/" + url.rpartition("/")[2])
    return client


def read(response, known):
    """Return what a page says that is neither translated nor the demo's own words."""
    page = response.content.decode()
    return untold(ADDRESS.sub(" ", seen_in(page)), known)


def test_the_story_leaves_deals_in_every_state_and_books_that_tie_out():
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
    guided = Quote.objects.get(title="Three workshops").guided.get()
    assert guided.answers["people"] == "20"
    taken = {row["key"]: row["taken"] for row in guided.proposed if row["problem"] == ""}
    assert taken | {"seats": "20", "routers": "4"} == taken
    count = Customer.objects.count()
    call_command("seed_demo", "--size", "S")
    assert Customer.objects.count() == count


def test_every_way_to_charge_is_in_the_book_sold_and_invoiced():
    prices = Price.objects.filter(price_book__name="List prices EUR")
    assert {price.charge_model for price in prices} == {model.value for model in ChargeModel}
    opening = prices.aggregate(
        Max("trial_days"), Max("free_periods"), Max("setup_fee"), Max("weeks"), Min("unit_price")
    )
    assert list(opening.values()) == [30, 2, 120, 1, -5]
    lines = QuoteLine.objects.filter(quote__state="accepted")
    assert {line.charge_model for line in lines} == {model.value for model in ChargeModel}
    assert lines.filter(weeks=1).exists()
    invoiced = dict(InvoiceLine.objects.values_list("product__sku").annotate(Sum("net")))
    assert invoiced["LOYALTY"] < 0
    assert min(invoiced[sku] for sku in ("SMS", "RECORD", "POOL", "MINUTES", "EVENT")) > 0
    assert CreditDraw.objects.filter(grant__product__sku="MINUTES").exists()


def test_the_outbox_belongs_to_the_demo(client, settings, django_user_model):
    settings.DEMO = False
    user = django_user_model.objects.create_user("a@b.example", "x", full_name="A", role="legal")
    client.force_login(user)
    assert client.get("/demo/outbox/").status_code == 404


def test_the_pages_of_offers(known):
    quotes = Quote.objects.filter(sent_at__isnull=False, **GERMAN).select_related("customer")
    assert {quote.state for quote in quotes} >= {"accepted", "sent", "declined"}
    for quote in quotes:
        client = browser("quote", quote.pk, quote.customer)
        for name in ("portal_quote", "portal_counter"):
            response = client.get(reverse(f"quotes:{name}", args=[quote.pk]))
            assert (response.status_code, read(response, known)) == (200, set()), quote


def test_what_a_customer_asked_wrongly_is_refused_in_their_words(known):
    quote = Quote.objects.get(title="Hafenbüro, zweite Etage")
    client = browser("quote", quote.pk, quote.customer)
    router, seat = (quote.lines.get(product__sku=sku) for sku in ("ROUTER", "SEAT"))
    picked = f"choosing=1&on={router.pk}&q{router.pk}=99"
    forms = [
        ("accept", "", {}),
        ("accept", "", {"consent": "1", "name": "", "content_hash": "x"}),
        ("choose", "", {"picked": picked}),
        ("choose", "", {"picked": f"choosing=1&on={router.pk}&q{router.pk}=two"}),
        ("decline", "", {"why": "other"}),
        ("ask", "", {"body": " "}),
        ("ask", "", {"body": "?", "line": "1"}),
        ("forward", "", {"colleague": "", "email": "x"}),
        ("forward", "", {"colleague": "Kim", "email": "x"}),
        ("counter", "", {f"q-{seat.pk}": "0", f"why-{seat.pk}": "."}),
        ("counter", "", {f"q-{seat.pk}": "7"}),
        ("counter", "", {}),
    ]
    for name, query, fields in forms:
        address = reverse(f"quotes:portal_{name}", args=[quote.pk]) + query
        response = client.post(address, fields)
        assert response.status_code == 422, (name, fields)
        assert read(response, known | {"two", "Kim"}) == set(), (name, fields)
    # Once the offer is withdrawn, the same is refused in other words.
    cancel_quote(quote.pk, by=quote.owner, at=timezone.now(), reason="Gone")
    for name in ("choose", "accept", "forward", "counter"):
        fields = {"consent": "1", "name": "Kim", "colleague": "Kim", "email": "kim@x.example",
                  "picked": picked, f"q-{seat.pk}": "7", f"why-{seat.pk}": "x"}  # fmt: skip
        response = client.post(reverse(f"quotes:portal_{name}", args=[quote.pk]), fields)
        assert read(response, known | {"Kim"}) == set(), name


def test_the_pages_of_contracts_invoices_accounts_and_credits(known):
    pages = [
        ("contract", "contracts:portal_contract", Contract.objects.filter(**GERMAN)),
        (
            "invoice",
            "billing:portal_invoice",
            Invoice.objects.filter(state="posted", **GERMAN)[:40],
        ),
    ]
    for purpose, name, documents in pages:
        assert documents
        for document in documents:
            client = browser(purpose, document.pk, document.customer)
            assert read(client.get(reverse(name, args=[document.pk])), known) == set(), document
    for customer in Customer.objects.filter(language="de"):
        client = browser("account", customer.pk, customer)
        for name in ("billing:portal_account", "orders:portal_credits", "orders:portal_orders"):
            assert read(client.get(reverse(name, args=[customer.pk])), known) == set(), customer


def test_the_pages_around_a_link(known):
    customer = Customer.objects.filter(language="de").first()
    invoice = Invoice.objects.filter(customer=customer, state="posted").first()
    client = browser("invoice", invoice.pk, customer)
    PortalLink.objects.update(revoked_at=timezone.now())
    german = {"HTTP_ACCEPT_LANGUAGE": "de"}
    own = reverse("billing:portal_invoice", args=[invoice.pk])
    for address in (own, "/p/nothing", f"{own}?a=%00"):
        assert read(client.get(address, **german), known) == set(), address
    asked = client.post(reverse("portal:ask_again"), {"email": customer.email}, **german)
    assert read(asked, known | {"noreply"}) == set()


def test_the_mails(known):
    Job.objects.filter(kind__contains=".mail_").update(done_at=None, parked_at=None)
    for kind in set(Job.objects.filter(kind__contains=".mail_").values_list("kind", flat=True)):
        for job in Job.objects.filter(kind=kind).order_by("-pk")[:12]:
            jobs.run_job(job.pk, at=timezone.now())
    german = Customer.objects.filter(language="de").values("pk")
    mails = Mail.objects.filter(customer_id__in=german).exclude(to__endswith="@brightline.example")
    assert {mail.cause.partition(":")[0] for mail in mails} >= {
        "contract_signed", "contract_text", "dunning", "order_shipped", "payment_receipt", "quote_confirmation",
        "quote_forwarded", "quote_sent",
    }  # fmt: skip
    for mail in mails:
        for text in (mail.subject, mail.text, seen_in(mail.html)):
            assert untold(ADDRESS.sub(" ", text), known) == set(), mail.cause


def pdf_text(content):
    text = " ".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)
    return ADDRESS.sub(" ", re.sub(r"[ \n]+", " ", text))


def test_the_documents(known):
    offer = Quote.objects.get(title="Hafenbüro, zweite Etage")
    contract = Contract.objects.get(title="Servicezentrale")
    invoice = Invoice.objects.filter(customer=contract.customer, state="posted").latest("pk")
    lines = list(offer.lines.select_related("product").order_by("position"))
    now, signer = timezone.now(), User.objects.first()
    documents = [
        quote_pdf(offer, lines, at=now),
        contract_pdf(contract, accepted_quote(contract.quote_id), signer=signer, at=now),
        render_invoice(invoice),
    ]
    for content in documents:
        assert untold(pdf_text(content), known) == set()


def amounts(text):
    """Return the amounts of a text, written with a comma, in any grouping."""
    plain = re.sub(r"(?<=\d)[\u202f\xa0.](?=\d{3})", "", text)
    return {Decimal(number.replace(",", ".")) for number in re.findall(r"\d+,\d{2,}", plain)}


@pytest.mark.parametrize("title", ["Hafenbüro, zweite Etage", "Deuxième studio", "Festival d’été"])
def test_an_offer_and_its_document_say_the_same(title):
    quote = Quote.objects.select_related("customer", "document").get(title=title)
    browser_ = browser("quote", quote.pk, quote.customer)
    page = seen_in(browser_.get(reverse("quotes:portal_quote", args=[quote.pk])).content.decode())
    document, lines = pdf_text(bytes(quote.document.content)), list(quote.lines.all())
    # On the page alone: taxes, what the other side asks for, and what other ways to count come to.
    parts = billing_schedule(quote, lines).parts
    alone = {quote.list_total - quote.contract_total, quote.tax_on_first_invoice}
    alone |= {abs(effect) for effect in CounterItem.objects.values_list("effect", flat=True)}
    alone |= {money.amount for part in parts for _words, money in part.otherwise}
    assert amounts(page) - alone == amounts(document) - alone
    sections = laid_out(list(quote.lines.select_related("product")), language=quote.language)
    for text in [section.title for section in sections] + [
        row.text for section in sections for row in section.rows
    ]:
        assert text in page, text
        assert text in document, text
