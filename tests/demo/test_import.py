"""The operator's list comes in by our rules, and one month's run invoices what they charged."""

import json
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone

from billing.models import Charge, Invoice, PaymentMethod
from contracts.models import Contract
from orders.models import Subscription
from q2c.customers.models import Customer, LegalEntity
from q2c.demo import company, people
from q2c.demo.importing import import_subscribers
from q2c.demo.telco import BadRow, Subscriber, read
from q2c.identity.models import User
from q2c.kernel.errors import Refused
from quotes.models import QuoteLine
from revenue.queries.checks import check_books

FILE = Path(__file__).parents[3] / "shared" / "data" / "telco_customers.csv"
HEAD = (
    "customerID,tenure,PhoneService,MultipleLines,InternetService,OnlineSecurity,OnlineBackup,"
    "DeviceProtection,TechSupport,StreamingTV,StreamingMovies,Contract,PaymentMethod,"
    "MonthlyCharges,Churn\n"
)
GOOD = "A-1,14,Yes,Yes,DSL,No,Yes,No,No,No,No,One year,Credit card (automatic),56.95,No\n"
AS_OF = date(2026, 11, 1)


@pytest.fixture
def admin(db):
    company.found(at=timezone.now())
    return people.hire()["admin"]


def bring_in(*rows: str, by):
    entity = LegalEntity.objects.get(code="US")
    return import_subscribers([HEAD, *rows], as_of=AS_OF, entity=entity, by=by, at=timezone.now())


def test_a_row_becomes_a_bundle_subscription_with_its_adjustment_as_a_line(admin):
    bring_in(GOOD, by=admin)
    lines = {line.description: line.net_per_period for line in QuoteLine.objects.all()}
    assert lines == {
        "Home & Office bundle": 0,
        "Phone line": 20,
        "Additional phone lines": 5,
        "DSL internet": 25,
        "Online backup": 5,
        "Negotiated adjustment": Decimal("1.95"),
    }
    contract = Contract.objects.get()
    assert (contract.term_months, contract.starts_on) == (12, date(2026, 9, 1))
    assert PaymentMethod.objects.get().kind == "card"
    assert Customer.objects.get().autopay


def test_who_has_left_ends_on_the_day_and_is_not_billed(admin):
    bring_in(GOOD.replace(",No\n", ",Yes\n"), by=admin)
    subscription = Subscription.objects.get()
    assert (subscription.state, subscription.ends_on) == ("cancelled", AS_OF)
    assert not Charge.objects.filter(next_on__isnull=False).exists()


def test_bad_rows_are_named_by_line_and_the_others_come_in(admin):
    done = bring_in(
        GOOD,
        GOOD,
        GOOD.replace("A-1", "A-2").replace("56.95", "56,95"),
        GOOD.replace("A-1", "A-3").replace("DSL", "Copper"),
        GOOD.replace("A-1", "A-4").replace("56.95", "-1"),
        GOOD.replace("A-1", ""),
        GOOD.replace("A-1", "A-5"),
        by=admin,
    )
    assert done.created == 2
    assert [bad.line for bad in done.bad] == [3, 4, 5, 6, 7]
    assert "stands in line 2 already" in done.bad[0].reason
    assert "InternetService is “Copper”" in done.bad[2].reason


def test_running_it_twice_brings_nothing_in_twice(admin):
    bring_in(GOOD, by=admin)
    done = bring_in(GOOD, by=admin)
    assert (done.created, done.known) == (0, 1)
    assert (
        Customer.objects.count()
        == Contract.objects.count()
        == Charge.objects.values("contract_id").distinct().count()
        == 1
    )


def test_a_file_without_the_columns_is_refused():
    with pytest.raises(Refused, match="lacks the columns"):
        list(read(["name,amount\n", "a,1\n"]))


@pytest.mark.skipif(not FILE.exists(), reason="needs the shared sample data")
def test_the_whole_list_reads_without_a_bad_row():
    rows = list(read(FILE.read_text().splitlines(keepends=True)))
    assert not [row for row in rows if isinstance(row, BadRow)]
    active = [row for row in rows if isinstance(row, Subscriber) and not row.has_left]
    assert (len(active), sum(row.is_automatic for row in active)) == (3687, 1858)
    assert sum(row.monthly_charge for row in active) == Decimal("225887.35")


@pytest.mark.skipif(not FILE.exists(), reason="needs the shared sample data")
def test_one_months_run_over_the_list_invoices_exactly_what_the_operator_charged(admin, tmp_path):
    head, *rows = FILE.read_text().splitlines(keepends=True)
    some = [head, *rows[::10]]
    file = tmp_path / "every_tenth.csv"
    file.write_text("".join(some))
    charged = [row.monthly_charge for row in read(some) if not row.has_left]
    out = StringIO()
    call_command("import_subscribers", str(file), "--as-of", "2026-11-01", "--json", stdout=out)
    assert json.loads(out.getvalue())["created"] == 500
    out = StringIO()
    call_command(
        "billing_run", "--on", "2026-11-01", "--post", "--no-mail", "--workers", "1", "--json",
        stdout=out,
    )  # fmt: skip
    result = json.loads(out.getvalue())
    assert (result["invoices"], result["failed"]) == (len(charged), 0)
    assert Decimal(result["net"]) == sum(charged)
    assert Invoice.objects.count() == len(charged)
    assert check_books() == []


@pytest.mark.django_db
def test_an_import_into_an_empty_company_leaves_an_administrator_to_invite(tmp_path):
    file = tmp_path / "list.csv"
    file.write_text(HEAD + GOOD)
    call_command("import_subscribers", str(file), "--as-of", "2026-11-01", stdout=StringIO())
    [one] = User.objects.all()
    assert (one.role, one.has_usable_password()) == ("administrator", False)
    assert Customer.objects.get().external_ref == "telco:A-1"
