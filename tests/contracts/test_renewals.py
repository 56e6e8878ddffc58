"""Before a contract ends its owner hears of it, and the renewal stands ready; once."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction

from billing.models import Charge
from contracts.actions import remind_renewals, terminate_contract
from contracts.models import Contract, RenewalReminder
from contracts.queries import ending_soon
from contracts.rules.renewal import notice_by, stage_due
from orders.models import Subscription
from q2c.infra.models import Event, Mail
from quotes.actions import Signature, accept_quote, send_quote, submit_quote
from quotes.models import Quote
from tests.contracts.factories import AT, sign

BERLIN = ZoneInfo("Europe/Berlin")


def noon(day):
    return datetime(day.year, day.month, day.day, 12, tzinfo=BERLIN)


def remind(contract, *, before=None, on=None):
    """Run the reminders so many days before the contract's end, or on a day."""
    on = on or contract.ends_on - timedelta(days=before)
    return remind_renewals(on=on, at=noon(on), legal_entity_id=contract.legal_entity_id)


@pytest.fixture
def deliver_on(db):
    """Do the jobs that wait by a day and return the reminders written."""
    from q2c.infra.jobs import run_next

    def deliver_on(day):
        while run_next("default", at=noon(day)):
            pass
        return list(Mail.objects.filter(cause__startswith="renewal_reminder").order_by("pk"))

    return deliver_on


def test_ninety_days_before_the_end_the_owner_is_told_and_a_quote_stands_ready(
    signed, rep, deliver_on
):
    assert remind(signed, before=91) == 0
    assert remind(signed, before=90) == 1
    renewal = Quote.objects.get(renews_contract_id=signed.pk)
    assert (renewal.state, renewal.owner, renewal.title) == ("draft", rep, "Renewal: Office")
    assert (renewal.starts_on, renewal.term_months) == (date(2028, 1, 1), 12)
    assert renewal.monthly_total == Decimal(100)
    [mail] = deliver_on(signed.ends_on)
    assert mail.to == rep.email
    assert mail.subject == "Contract C-2026-000001 runs until 31 Dec 2027"
    assert f"/contracts/{signed.pk}/" in mail.text


def test_a_second_run_on_the_same_day_does_nothing(signed, deliver_on):
    assert [remind(signed, before=90) for _ in range(3)] == [1, 0, 0]
    assert Quote.objects.filter(renews_contract_id=signed.pk).count() == 1
    assert RenewalReminder.objects.count() == len(deliver_on(signed.ends_on)) == 1


def test_each_stage_reminds_once_and_the_quote_is_drafted_once(signed, deliver_on):
    sent = {before: remind(signed, before=before) for before in range(95, -3, -1)}
    assert [before for before, count in sent.items() if count] == [90, 60, 30]
    assert len(deliver_on(signed.ends_on)) == 3
    assert Quote.objects.filter(renews_contract_id=signed.pk).count() == 1
    assert Event.objects.filter(name="RenewalQuoted", document_id=signed.pk).count() == 1


def test_after_a_silence_only_the_latest_reminder_is_sent(signed):
    assert remind(signed, before=20) == 1
    assert RenewalReminder.objects.get().days_before == 30
    assert remind(signed, before=19) == 0


def test_goods_are_not_sold_again_by_a_renewal(make_contract, cfo):
    contract = sign(make_contract(lines=[("SUP", 10), ("BOX", 2), ("CALLS", 100)]), by=cfo)
    remind(contract, before=90)
    renewal = Quote.objects.get(renews_contract_id=contract.pk)
    assert [line.product.sku for line in renewal.lines.all()] == ["SUP", "CALLS"]


def test_only_signed_contracts_with_a_term_to_speak_of_are_reminded(
    contract, make_contract, cfo, manager
):
    over = sign(make_contract(), by=cfo)
    terminate_contract(over.pk, on=date(2027, 6, 1), reason="x", by=manager, at=AT)
    short = sign(make_contract(term_months=3), by=cfo)
    assert remind(contract, before=30) == remind(over, before=30) == 0
    assert remind(short, before=30) == 0
    assert not RenewalReminder.objects.exists()


def test_another_legal_entity_is_not_reminded(signed):
    on = signed.ends_on - timedelta(days=30)
    assert remind_renewals(on=on, at=noon(on), legal_entity_id=signed.legal_entity_id + 1) == 0


@pytest.mark.parametrize(
    ("starts_on", "months", "ends_on", "first_reminder"),
    [
        (date(2028, 2, 29), 12, date(2029, 2, 28), date(2028, 11, 30)),
        (date(2028, 2, 29), 48, date(2032, 2, 29), date(2031, 12, 1)),
        (date(2027, 1, 31), 13, date(2028, 2, 29), date(2027, 12, 1)),
        (date(2027, 8, 31), 6, date(2028, 2, 29), date(2027, 12, 1)),
        (date(2027, 1, 31), 12, date(2028, 1, 31), date(2027, 11, 2)),
    ],
)
def test_a_term_that_ends_in_february_or_on_a_31st(
    make_contract, cfo, starts_on, months, ends_on, first_reminder
):
    contract = sign(make_contract(starts_on=starts_on, term_months=months), by=cfo)
    assert contract.ends_on == ends_on
    assert remind(contract, on=first_reminder - timedelta(days=1)) == 0
    assert remind(contract, on=first_reminder) == 1
    renewal = Quote.objects.get(renews_contract_id=contract.pk)
    assert (renewal.starts_on, renewal.term_months) == (ends_on, months)


@pytest.mark.parametrize(
    ("left", "sent", "stage"),
    [
        (91, [], None),
        (90, [], 90),
        (89, [90], None),
        (60, [90], 60),
        (31, [], 60),
        (30, [90, 60], 30),
        (1, [90], 30),
        (1, [30], None),
        (0, [], None),
        (-1, [], None),
    ],
)
def test_which_reminder_is_due(left, sent, stage):
    ends_on = date(2028, 3, 1)
    assert stage_due(ends_on, on=ends_on - timedelta(days=left), sent=sent) == stage


def test_notice_is_given_by_the_day_that_leaves_the_notice_period_free():
    # Until 29 Feb 2028; thirty days of notice are 31 Jan to 29 Feb.
    assert notice_by(date(2028, 3, 1), 30) == date(2028, 1, 30)


# What the renewal becomes


@pytest.fixture
def renewed(signed, cfo, rep, contact):
    """The contract that the accepted renewal quote made, signed."""
    remind(signed, before=60)
    quote = Quote.objects.get(renews_contract_id=signed.pk)
    at = noon(signed.ends_on - timedelta(days=40))
    submit_quote(quote.pk, by=rep, at=at)
    quote = send_quote(quote.pk, contact_id=contact.pk, by=rep, at=at)
    accepted = Signature(
        name="Ida Voss", kind="typed", image="Ida Voss", consent="I accept.",
        content_hash=quote.content_hash, ip="127.0.0.1",
    )  # fmt: skip
    accept_quote(quote.pk, accepted, by=None, at=at, contact=contact)
    return sign(Contract.objects.get(quote=quote), by=cfo, at=at)


def test_the_renewal_continues_where_the_contract_ends(signed, renewed):
    assert renewed.renews == signed
    assert (renewed.starts_on, renewed.ends_on) == (date(2028, 1, 1), date(2029, 1, 1))
    assert renewed.total == signed.total == Decimal(1200)


def test_a_renewed_contract_is_not_reminded_again(signed, renewed):
    assert remind(signed, before=30) == 0
    assert not ending_soon(on=date(2027, 12, 1)).exists()


def test_the_subscriptions_of_a_renewed_contract_end_where_the_new_ones_start(signed, renewed):
    old, new = Subscription.objects.order_by("pk")
    assert signed.auto_renew
    assert (old.contract, old.ends_on) == (signed, date(2028, 1, 1))
    assert (new.contract, new.starts_on, new.ends_on) == (renewed, date(2028, 1, 1), None)
    assert old.cancel_reason == f"Renewed by {renewed.number}"
    charged = Charge.objects.filter(is_adjustment=False).order_by("pk")
    assert [(c.starts_on, c.ends_on) for c in charged] == [
        (date(2027, 1, 1), date(2028, 1, 1)),
        (date(2028, 1, 1), None),
    ]


def test_a_contract_is_renewed_once(signed, renewed, make_contract):
    other = make_contract()
    with pytest.raises(IntegrityError, match="renews_id"), transaction.atomic():
        Contract.objects.filter(pk=other.pk).update(renews=signed)
    assert signed.renewed_by == renewed
