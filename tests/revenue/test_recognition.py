"""Revenue is earned by day: exactly, once, and never into a closed month."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from billing.actions.credits import credit_invoice
from q2c.kernel.errors import NotAllowed
from q2c.kernel.money import Money
from revenue.actions import close_period, recognise, recognise_last_month, recognising
from revenue.models import JournalEntry, JournalLine, Period, RecognitionRun, RevenueSchedule
from revenue.queries.checks import check_books
from tests.billing.factories import a_customer, the_entity, the_product
from tests.revenue.factories import AT, an_invoice, balances, bill

CURRENCIES = st.sampled_from(["EUR", "JPY", "KWD"])


def earn(through: date, **given):
    return recognise(
        **{"through": through, "legal_entity_id": the_entity().pk, "by": None, "at": AT, **given}
    )


def earned_by_month(*, currency: str = "EUR") -> dict[str, Decimal]:
    """What each month's entries put on the revenue account."""
    found: dict[str, Decimal] = {}
    lines = JournalLine.objects.filter(account__role="revenue_recurring", currency=currency)
    for day, amount in lines.order_by("entry__entry_on").values_list("entry__entry_on", "amount"):
        found[f"{day:%Y-%m}"] = found.get(f"{day:%Y-%m}", Decimal(0)) - amount
    return found


def a_schedule(amount: Money, *, starts_on: date, ends_on: date) -> RevenueSchedule:
    """A span to be earned, with no document behind it."""
    number = RevenueSchedule.objects.count() + 1
    return RevenueSchedule.objects.create(
        invoice_line_id=-number, invoice_id=number, legal_entity=the_entity(), customer_id=1,
        product_id=the_product().pk, pattern="over_time", currency=amount.currency,
        amount=amount.amount, starts_on=starts_on, ends_on=ends_on, recognised_through=starts_on,
    )  # fmt: skip


def test_each_month_gets_its_days(db):
    an_invoice("365.00", months=12)
    earn(date(2026, 12, 31))
    days = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    assert earned_by_month() == {
        f"2026-{month:02d}": Decimal(count) for month, count in enumerate(days, start=1)
    }
    assert balances()["revenue_recurring"] == -365
    assert "deferred" not in balances()
    assert check_books() == []


def test_a_leap_years_february_gets_29_days(db):
    an_invoice("366.00", months=12, on=date(2028, 1, 1))
    earn(date(2028, 2, 29))
    assert earned_by_month() == {"2028-01": Decimal(31), "2028-02": Decimal(29)}


def test_a_year_from_29_february_ends_with_27_february(db):
    an_invoice("365.00", months=12, on=date(2028, 2, 29))
    earn(date(2029, 2, 28))
    found = earned_by_month()
    assert (found["2028-02"], found["2028-03"], found["2029-02"]) == (1, 31, 27)
    assert sum(found.values()) == Decimal(365)


def test_an_anchor_of_the_31st_earns_by_the_days_of_its_own_periods(db):
    customer = an_invoice("310.00", on=date(2026, 1, 31)).customer
    for on in (date(2026, 2, 28), date(2026, 3, 31)):
        bill(customer, on=on)
    spans = RevenueSchedule.objects.order_by("pk").values_list("starts_on", "ends_on")
    assert list(spans) == [
        (date(2026, 1, 31), date(2026, 2, 28)),
        (date(2026, 2, 28), date(2026, 3, 31)),
        (date(2026, 3, 31), date(2026, 4, 30)),
    ]
    earn(date(2026, 4, 30))
    assert earned_by_month() == {
        "2026-01": Decimal("11.07"),  # 1 of 28 days
        "2026-02": Decimal("308.93"),  # 27 of 28, and 1 of 31
        "2026-03": Decimal("310.33"),  # 30 of 31, and 1 of 30
        "2026-04": Decimal("299.67"),
    }
    assert check_books() == []


@pytest.mark.parametrize(
    ("currency", "net", "months"),
    [
        ("JPY", "1000", [85, 77, 85, 82, 85, 82, 85, 85, 82, 85, 82, 85]),
        ("KWD", "10.001", None),
        ("EUR", "0.01", None),
    ],
)
def test_amounts_are_whole_in_the_currencys_own_unit(db, currency, net, months):
    an_invoice(net, months=12, currency=currency)
    earn(date(2026, 12, 31))
    found = earned_by_month(currency=currency)
    assert sum(found.values()) == Decimal(net)
    assert all(Money(amount, currency) for amount in found.values())
    if months:
        assert list(found.values()) == months
    if currency == "KWD":
        assert found["2026-01"] == Decimal("0.849")
    assert "deferred" not in balances(currency=currency)


@pytest.mark.django_db
@given(
    units=st.integers(-(10**9), 10**9).filter(bool),
    currency=CURRENCIES,
    start=st.dates(date(2024, 1, 1), date(2028, 12, 31)),
    days=st.integers(1, 400),
    cuts=st.lists(st.integers(0, 450), max_size=4),
)
def test_any_way_of_cutting_a_span_adds_up_to_the_whole(units, currency, start, days, cuts):
    price, end = Money.from_minor(units, currency), start + timedelta(days=days)
    with transaction.atomic():
        row = a_schedule(price, starts_on=start, ends_on=end)
        before = Decimal(0)
        for cut in sorted({*cuts, days}):
            earn(start + timedelta(days=cut - 1))
            row.refresh_from_db()
            assert abs(row.recognised) >= abs(before)
            before = row.recognised
        assert (row.recognised, row.recognised_through) == (price.amount, end)
        assert balances(currency=currency) == {
            "deferred": price.amount, "revenue_recurring": -price.amount,
        }  # fmt: skip
        transaction.set_rollback(True)


def test_one_run_or_many_post_the_same_months(db):
    amounts = [Money(Decimal(amount), "EUR") for amount in ("99.99", "0.05", "1234.56")]
    for amount in amounts:
        a_schedule(amount, starts_on=date(2026, 1, 17), ends_on=date(2026, 7, 3))
    with transaction.atomic():
        earn(date(2026, 12, 31))
        at_once = earned_by_month()
        transaction.set_rollback(True)
    for day in (date(2026, 1, 20), date(2026, 3, 5), date(2026, 3, 6), date(2026, 12, 31)):
        earn(day)
    assert earned_by_month() == at_once
    assert sum(at_once.values()) == Decimal("1334.60")


# Once only


def test_a_second_run_posts_nothing(db):
    an_invoice("120.00", months=12)
    first = earn(date(2026, 3, 31))
    posted = JournalEntry.objects.count()
    again, earlier = earn(date(2026, 3, 31)), earn(date(2026, 2, 10))
    assert (first.line_count, first.amounts) == (3, {"EUR": Decimal("29.59")})
    assert (again.line_count, again.amounts) == (earlier.line_count, earlier.amounts) == (0, {})
    assert JournalEntry.objects.count() == posted
    assert RecognitionRun.objects.exclude(finished_at=None).count() == 3


def test_batches_add_up_to_what_one_would_post(db, monkeypatch):
    for _ in range(5):
        an_invoice("31.00")
    monkeypatch.setattr(recognising, "BATCH", 2)
    done = earn(date(2026, 1, 31))
    assert (done.line_count, done.amounts) == (5, {"EUR": Decimal(155)})
    assert JournalEntry.objects.filter(source="recognition").count() == 3
    assert check_books() == []


@pytest.mark.django_db(transaction=True)
def test_runs_side_by_side_recognise_everything_once(monkeypatch):
    for number in range(6):
        an_invoice(f"{100 + number}.00", months=12)
    monkeypatch.setattr(recognising, "BATCH", 1)

    def run(_: int) -> Decimal:
        try:
            return earn(date(2026, 12, 31)).amounts.get("EUR", Decimal(0))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        amounts = list(pool.map(run, range(4)))
    assert sum(amounts) == Decimal(615)
    assert balances()["revenue_recurring"] == -615
    assert check_books() == []


# Credits


@pytest.mark.parametrize("earned_through", [None, date(2026, 2, 28), date(2026, 12, 31)])
@pytest.mark.parametrize("net", ["100.01", "0.02"])
def test_a_full_credit_recognises_to_zero(db, net, earned_through):
    invoice = an_invoice(net, months=12)
    if earned_through:
        earn(earned_through)
    credit_invoice(invoice.pk, reason="Wrong customer", by=None, at=AT)
    assert balances() == {}
    for month in range(1, 13):
        earn(date(2026, month, 28))
        assert balances() == {}
    assert check_books() == []


def test_partial_credits_take_their_share_of_every_day(db):
    invoice = an_invoice("365.00", months=12)
    line = invoice.lines.get().pk
    earn(date(2026, 1, 31))
    assert balances()["revenue_recurring"] == -31
    credit_invoice(invoice.pk, lines={line: Decimal("73.00")}, reason="x", by=None, at=AT)
    assert balances()["revenue_recurring"] == Decimal("-24.80")  # 292 a year is left
    earn(date(2026, 2, 28))
    assert balances()["revenue_recurring"] == Decimal("-47.20")
    credit_invoice(invoice.pk, reason="The rest", by=None, at=AT)
    assert balances() == {}
    earn(date(2026, 12, 31))
    assert balances() == {}
    assert check_books() == []


# Closed months


def close(month: date) -> None:
    close_period(Period.objects.get(starts_on=month).pk, by=None, at=AT)


def test_what_is_billed_late_for_a_closed_month_is_caught_up_in_the_open_one(db):
    an_invoice("31.00")
    earn(date(2026, 1, 31))
    close(date(2026, 1, 1))
    an_invoice("62.00", in_advance=False, billed_on=date(2026, 2, 1))
    done = earn(date(2026, 2, 28))
    assert done.amounts == {"EUR": Decimal(62)}
    late = JournalEntry.objects.filter(source="recognition").latest("pk")
    assert late.entry_on == date(2026, 2, 1)
    assert late.memo == "Revenue earned through 31 Jan 2026 (catch-up: its month is closed)"
    assert earned_by_month() == {"2026-01": Decimal(31), "2026-02": Decimal(62)}
    assert check_books() == []


def test_a_catch_up_passes_over_every_closed_month(db):
    an_invoice("31.00", on=date(2026, 1, 1))
    an_invoice("28.00", on=date(2026, 2, 1))
    earn(date(2026, 2, 28))
    close(date(2026, 1, 1))
    close(date(2026, 2, 1))
    a_schedule(Money(Decimal(90), "EUR"), starts_on=date(2026, 1, 1), ends_on=date(2026, 4, 1))
    earn(date(2026, 3, 31))
    assert earned_by_month() == {
        "2026-01": Decimal(31), "2026-02": Decimal(28), "2026-03": Decimal(90),
    }  # fmt: skip
    days = JournalEntry.objects.filter(source="recognition", period__starts_on=date(2026, 3, 1))
    assert sorted(days.values_list("entry_on", flat=True)) == [
        date(2026, 3, 1), date(2026, 3, 1), date(2026, 3, 31),
    ]  # fmt: skip


# Who and when


def test_only_those_who_may_recognise_do(finance, manager):
    an_invoice("31.00")
    with pytest.raises(NotAllowed):
        earn(date(2026, 1, 31), by=finance)
    assert not RecognitionRun.objects.exists()
    assert earn(date(2026, 1, 31), by=manager).amounts == {"EUR": Decimal(31)}


def test_the_clock_recognises_last_month_from_the_third_on_and_once(db):
    an_invoice("31.00")
    entity_id = the_entity().pk

    def tick(day: int):
        at = datetime(2026, 2, day, 6, tzinfo=UTC)
        return recognise_last_month(legal_entity_id=entity_id, on=date(2026, 2, day), at=at)

    assert tick(2) is None
    assert tick(3).amounts == {"EUR": Decimal(31)}
    assert tick(4) is None
    assert RecognitionRun.objects.count() == 1


def test_what_has_not_begun_is_not_recognised(db):
    an_invoice("28.00", on=date(2026, 2, 1), customer=a_customer())
    assert earn(date(2026, 1, 31)).line_count == 0
    assert not JournalEntry.objects.filter(source="recognition").exists()
