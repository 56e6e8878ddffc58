"""The staff pages, through the door."""

from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from billing.actions.credits import credit_invoice
from billing.actions.deliveries import deliver_invoice
from billing.actions.runs import start_run, work_off
from billing.models import BillingRun, BillingShard, Invoice, RunOutcome
from billing.views import shell
from q2c.infra.jobs import run_job
from q2c.infra.models import Job, Mail
from q2c.kernel.periods import months_after


@pytest.fixture
def as_finance(finance):
    client = Client()
    client.force_login(finance)
    return client


@pytest.fixture
def as_rep(rep):
    client = Client()
    client.force_login(rep)
    return client


def bill(on=date(2026, 1, 1)):
    run = start_run(on=on, post=True, by=None, at=timezone.now())
    return work_off(run.pk, at=timezone.now())


@pytest.fixture
def invoice(customer, make_charge):
    make_charge(customer, discount_percent=Decimal(10), net_per_period=Decimal(45))
    bill()
    return Invoice.objects.get()


def test_the_list_has_tabs_with_counts_and_sums(as_finance, invoice, make_customer, make_charge):
    make_charge(make_customer(legal_name="Zebra GmbH"), starts_on=date(2026, 1, 2))
    bill(date(2026, 1, 2))
    Invoice.objects.filter(pk=invoice.pk).update(settled=invoice.total)
    page = as_finance.get("/invoices/")
    tabs = {tab["label"]: (tab["count"], tab["total"]) for tab in page.context["tabs"]}
    assert tabs["All"] == ("2", "")
    assert tabs["Paid"] == ("1", "")
    assert tabs["Open"] == tabs["Overdue"] == ("1", "59.50 EUR")
    assert tabs["Draft"] == ("0", "")
    paid = as_finance.get("/invoices/?tab=paid")
    assert [row.pk for row in paid.context["page"].rows] == [invoice.pk]


@pytest.mark.parametrize("text", ["inv-2026-000002", "2", "zebra"])
def test_search_finds_by_number_last_digits_and_name(
    as_finance, invoice, make_customer, make_charge, text
):
    make_charge(make_customer(legal_name="Zebra GmbH"))
    bill()
    page = as_finance.get("/invoices/", {"q": text})
    assert [row.number for row in page.context["page"].rows] == ["INV-2026-000002"]
    assert b"No invoice matches" in as_finance.get("/invoices/?q=nobody").content


def test_paging_and_export_go_over_everything_in_constant_queries(
    as_finance, make_customer, make_charge, django_assert_max_num_queries
):
    for _ in range(53):
        make_charge(make_customer())
    bill()
    with django_assert_max_num_queries(16):
        first = as_finance.get("/invoices/")
    second = as_finance.get("/invoices/", {"after": first.context["page"].after})
    numbers = [row.number for page in (first, second) for row in page.context["page"].rows]
    assert sorted(numbers) == [f"INV-2026-{n:06d}" for n in range(1, 54)]
    lines = b"".join(as_finance.get("/invoices.csv").streaming_content).decode().splitlines()
    assert len(lines) == 54
    assert lines[0].endswith("number,kind,status,customer_number,customer,issued_on,due_on,"
                             "currency,net,tax,total,open")  # fmt: skip


def test_the_invoice_shows_why_each_amount(as_finance, invoice):
    deliver_invoice(invoice.pk, at=timezone.now())
    content = as_finance.get(f"/invoices/{invoice.pk}/").content.decode()
    for expected in ("10 × 5", "− 10 % discount", "53.55 EUR", "Why this amount", "Overdue",
                     Mail.objects.get().subject, "Invoices posted"):  # fmt: skip
        assert expected in content
    pdf = as_finance.get(f"/invoices/{invoice.pk}/pdf/")
    assert (pdf["Content-Type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")


def test_a_credit_is_issued_from_the_page_and_refused_at_the_line(as_finance, invoice):
    line = invoice.lines.get().pk
    url = f"/invoices/{invoice.pk}/credit/"
    assert 'value="45.00"' in as_finance.get(url).content.decode()
    refused = as_finance.post(url, {f"line-{line}": "46", "reason": "Outage"})
    assert refused.status_code == 422
    assert "has 45.00 EUR left to credit, not 46" in refused.content.decode()
    unclear = as_finance.post(url, {f"line-{line}": "four", "reason": ""})
    assert "Enter a number." in unclear.content.decode()
    assert Invoice.objects.count() == 1
    done = as_finance.post(url, {f"line-{line}": "5", "reason": "Outage"}, follow=True)
    note = Invoice.objects.get(kind="credit_note")
    assert done.redirect_chain == [(f"/invoices/{note.pk}/", 302)]
    assert "CN-2026-000001" in done.content.decode() or note.number in done.content.decode()


def test_a_draft_goes_from_form_to_posted(as_finance, customer, product):
    data = {
        "customer": customer.number, "note": "As agreed",
        "lines-TOTAL_FORMS": "2", "lines-INITIAL_FORMS": "0",
        "lines-0-product": product.pk, "lines-0-quantity": "2", "lines-0-unit_price": "50",
        "lines-1-product": "",
    }  # fmt: skip
    wrong = as_finance.post("/invoices/new/", {**data, "customer": "C-9", "lines-0-quantity": ""})
    assert wrong.status_code == 422
    assert "No customer has the number C-9." in wrong.content.decode()
    assert "Needed for this line." in wrong.content.decode()
    as_finance.post("/invoices/new/", data)
    draft = Invoice.objects.get()
    assert (draft.state, draft.total) == ("draft", Decimal(119))
    assert as_finance.get(f"/invoices/{draft.pk}/edit/").status_code == 200
    assert as_finance.get(f"/invoices/{draft.pk}/pdf/").content[:5] == b"%PDF-"
    as_finance.post(f"/invoices/{draft.pk}/post/")
    draft.refresh_from_db()
    assert draft.state == "posted"
    assert as_finance.post(f"/invoices/{draft.pk}/discard/").status_code == 422
    assert Invoice.objects.count() == 1


def test_send_again_mails_and_says_so(as_finance, invoice):
    page = as_finance.post(f"/invoices/{invoice.pk}/send-again/", follow=True)
    assert f"It is on its way to {invoice.customer.email}" in page.content.decode()


def test_a_dry_run_is_shown_and_then_posted(as_finance, customer, make_charge):
    make_charge(customer)
    page = as_finance.post("/billing-runs/", {"on": "2026-01-01", "do": "dry"}, follow=True)
    dry = BillingRun.objects.get()
    assert not dry.post
    assert "Running" in page.content.decode()
    assert Job.objects.filter(kind="billing.shard").count() == 1
    progress = as_finance.get(f"/billing-runs/{dry.pk}/", headers={"HX-Request": "true"})
    assert progress.status_code == 200
    assert "0 of 1" in progress.content.decode()
    work_off(dry.pk, at=timezone.now())
    progress = as_finance.get(f"/billing-runs/{dry.pk}/", headers={"HX-Request": "true"})
    assert progress.status_code == 286  # htmx stops asking
    assert "Post 1 invoice" in progress.content.decode()
    assert not Invoice.objects.exists()
    as_finance.post(f"/billing-runs/{dry.pk}/post/")
    work_off(BillingRun.objects.latest("pk").pk, at=timezone.now())
    assert Invoice.objects.get().total == Decimal("59.50")


def test_a_run_needs_a_date(as_finance):
    page = as_finance.post("/billing-runs/", {"on": "2026-02-31"})
    assert page.status_code == 422
    assert "Enter a valid date." in page.content.decode()
    assert not BillingRun.objects.exists()


def test_a_parked_customer_is_billed_again_once_mended(as_finance, make_customer, make_charge):
    customer = make_customer(has_address=False)
    make_charge(customer)
    bill()
    page = as_finance.get("/billing-runs/")
    assert "has no billing address" in page.content.decode()
    again = as_finance.post(f"/billing-runs/parked/{customer.pk}/again/", follow=True)
    assert "Still not billed" in again.content.decode()
    customer.addresses.create(kind="billing", street="Weg 1", city="Kiel", country="DE")
    as_finance.post(f"/billing-runs/parked/{customer.pk}/again/")
    assert Invoice.objects.get().customer_id == customer.pk
    assert not RunOutcome.objects.filter(resolved_at=None).exists()
    nothing = as_finance.post(f"/billing-runs/parked/{customer.pk}/again/", follow=True)
    assert nothing.status_code == 200


def test_a_rep_sees_invoices_but_neither_credits_nor_bills(as_rep, invoice):
    assert as_rep.get("/invoices/").status_code == 200
    page = as_rep.get(f"/invoices/{invoice.pk}/").content.decode()
    assert "Credit…" not in page
    for url in (f"/invoices/{invoice.pk}/credit/", "/billing-runs/", "/invoices/new/"):
        assert as_rep.get(url).status_code == 403
    assert as_rep.post(f"/invoices/{invoice.pk}/send-again/").status_code == 403
    assert not Mail.objects.exists()


def test_strangers_are_sent_to_sign_in(client, invoice):
    for url in ("/invoices/", f"/invoices/{invoice.pk}/", f"/invoices/{invoice.pk}/pdf/"):
        assert client.get(url).status_code == 302
    assert client.get("/invoices/999999/").status_code == 302


def test_an_unknown_invoice_is_not_found(as_finance, db):
    assert as_finance.get("/invoices/999999/").status_code == 404
    assert as_finance.get("/billing-runs/999999/").status_code == 404


def test_panels_and_home_say_what_is_open(as_finance, finance, invoice, make_customer, make_charge):
    parked = make_customer(has_address=False)
    make_charge(parked)
    bill()
    customer = as_finance.get(f"/panels/billing/customer/{invoice.customer_id}/").content.decode()
    assert invoice.number in customer
    assert "53.55 EUR" in customer
    charge = invoice.lines.get().charge
    found = as_finance.get(f"/panels/billing/subscription/{charge.subscription_id}/")
    assert "31 Jan 2026" in found.content.decode()
    contract = as_finance.get("/panels/billing/contract/1/").content.decode()
    assert invoice.number in contract
    cards = {card.title: card for card in shell._home(finance, timezone.now())}
    assert cards["Customers that could not be billed"].count == 1
    assert invoice.number in next(iter(cards["Overdue invoices"].items)).label
    assert shell._search(finance, invoice.number)[0].url == f"/invoices/{invoice.pk}/"


def test_a_contract_shows_the_invoices_that_it_shares(as_finance, customer, make_charge):
    make_charge(customer, contract_id=1)
    make_charge(customer, contract_id=2)
    bill()
    shared = Invoice.objects.get()
    assert shared.contract_id is None
    note = credit_invoice(shared.pk, reason="Outage", by=None, at=timezone.now())
    for contract_id in (1, 2):
        panel = as_finance.get(f"/panels/billing/contract/{contract_id}/").content.decode()
        listed = as_finance.get(f"/invoices/?contract={contract_id}").content.decode()
        for page in (panel, listed):
            assert shared.number in page
            assert note.number in page
    assert shared.number not in as_finance.get("/invoices/?contract=3").content.decode()


def test_a_shard_that_keeps_failing_is_shown(as_finance, finance, customer, make_charge):
    make_charge(customer)
    run = start_run(on=date(2026, 1, 1), post=True, by=None, at=timezone.now())
    BillingShard.objects.update(attempts=5, error="OperationalError: no space left")
    assert "no space left" in as_finance.get(f"/billing-runs/{run.pk}/").content.decode()
    as_finance.post(f"/billing-runs/{run.pk}/try-again/")
    job = Job.objects.get(kind="billing.shard")
    assert BillingShard.objects.get().attempts == 0
    Job.objects.update(parked_at=timezone.now(), error="DataError: too long")
    assert "DataError: too long" in as_finance.get(f"/billing-runs/{run.pk}/").content.decode()
    titles = [card.title for card in shell._home(finance, timezone.now())]
    assert "Billing runs that keep failing" in titles
    as_finance.post(f"/billing-runs/{run.pk}/try-again/")
    assert run_job(job.pk, at=timezone.now())
    assert Invoice.objects.count() == 1


def test_not_due_yet_is_open_not_overdue(as_finance, customer, make_charge):
    today = timezone.localdate()
    make_charge(customer, starts_on=today, ends_on=months_after(today, 1))
    bill(today)
    page = as_finance.get("/invoices/")
    assert page.context["page"].rows[0].status == "open"
