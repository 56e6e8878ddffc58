"""Before a contract ends its owner hears of it, and the renewal stands ready; once."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction

from billing.models import Charge
from contracts.actions import refuse_contract, remind_renewals, terminate_contract
from contracts.models import Contract, RenewalReminder
from contracts.queries import ending_soon
from contracts.rules.renewal import notice_by, stage_due
from orders.models import Subscription
from q2c.infra.models import Event, Mail
from q2c.kernel.errors import Refused
from quotes.actions import (
    Signature,
    accept_quote,
    cancel_quote,
    decline_quote,
    expire_quotes,
    revise_quote,
    send_quote,
    submit_quote,
)
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
def send_renewal(rep, contact):
    """Send the customer a contract's newest renewal quote, forty days before the end."""

    def send_renewal(contract):
        quote = Quote.objects.filter(renews_contract_id=contract.pk).latest("pk")
        at = noon(contract.ends_on - timedelta(days=40))
        submit_quote(quote.pk, by=rep, at=at)
        return send_quote(quote.pk, contact_id=contact.pk, by=rep, at=at)

    return send_renewal


@pytest.fixture
def accept_renewal(send_renewal, contact):
    """Let the customer accept it; the contract drawn up of it."""

    def accept_renewal(contract):
        quote = send_renewal(contract)
        signature = Signature(
            name="Ida Voss", kind="typed", image="Ida Voss", consent="I accept.",
            content_hash=quote.content_hash, ip="127.0.0.1",
        )  # fmt: skip
        accept_quote(quote.pk, signature, by=None, at=quote.sent_at, contact=contact)
        return Contract.objects.get(quote=quote)

    return accept_renewal


@pytest.fixture
def renewed(signed, cfo, accept_renewal):
    """The contract that the accepted renewal quote made, signed."""
    remind(signed, before=60)
    return sign(accept_renewal(signed), by=cfo, at=noon(signed.ends_on - timedelta(days=40)))


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
    assert signed.renewals.get() == renewed


# What the renewal does not become


@pytest.fixture
def come_to_nothing(send_renewal, accept_renewal, rep, contact, cfo):
    """Every way in which a renewal comes to nothing."""

    def cancel(contract):
        quote = Quote.objects.get(renews_contract_id=contract.pk)
        cancel_quote(quote.pk, by=rep, at=AT, reason="Too early")

    def decline(contract):
        decline_quote(send_renewal(contract).pk, "Too dear", by=None, at=AT, contact=contact)

    def expire(contract):
        sent = send_renewal(contract)
        assert expire_quotes(at=noon(sent.valid_until + timedelta(days=1))) == 1

    def revise_and_decline(contract):
        revise_quote(send_renewal(contract).pk, by=rep, at=AT)
        decline(contract)

    def refuse(contract):
        new = accept_renewal(contract)
        refuse_contract(new.pk, desk="finance", by=cfo, at=AT, comment="No")

    return {
        "cancelled": cancel, "declined": decline, "expired": expire,
        "declined after a revision": revise_and_decline, "refused by a desk": refuse,
    }  # fmt: skip


@pytest.mark.parametrize(
    "how", ["cancelled", "declined", "expired", "declined after a revision", "refused by a desk"]
)
def test_a_renewal_that_came_to_nothing_makes_room_for_another(
    signed, come_to_nothing, accept_renewal, cfo, how
):
    remind(signed, before=90)
    come_to_nothing[how](signed)
    assert list(ending_soon(on=signed.ends_on - timedelta(days=60))) == [signed]
    assert remind(signed, before=60) == 1
    quotes = Quote.objects.filter(renews_contract_id=signed.pk)
    assert quotes.order_by("number").values("number").distinct().count() == 2
    assert quotes.latest("pk").state == "draft"
    assert Event.objects.filter(name="RenewalQuoted", document_id=signed.pk).count() == 2
    at = noon(signed.ends_on - timedelta(days=40))
    assert sign(accept_renewal(signed), by=cfo, at=at).renews == signed
    assert remind(signed, before=30) == 0


def test_a_renewal_that_waits_for_its_desks_stays_the_one(signed, accept_renewal):
    remind(signed, before=60)
    accept_renewal(signed)
    assert remind(signed, before=30) == 0
    assert Quote.objects.get(renews_contract_id=signed.pk).state == "accepted"


def test_a_renewal_under_way_is_not_drafted_twice(signed, send_renewal, rep):
    remind(signed, before=90)
    revise_quote(send_renewal(signed).pk, by=rep, at=AT)
    assert remind(signed, before=60) == 1
    versions = Quote.objects.filter(renews_contract_id=signed.pk).order_by("pk")
    assert [(quote.version, quote.state) for quote in versions] == [(1, "sent"), (2, "draft")]


def test_a_declined_renewal_is_not_revived_beside_the_one_in_its_place(
    signed, come_to_nothing, rep
):
    remind(signed, before=90)
    come_to_nothing["declined"](signed)
    old = Quote.objects.get(renews_contract_id=signed.pk)
    remind(signed, before=60)
    new = Quote.objects.filter(renews_contract_id=signed.pk).latest("pk")
    with pytest.raises(Refused, match=f"{new.number} took its place as the renewal"):
        revise_quote(old.pk, by=rep, at=AT)
    cancel_quote(new.pk, by=rep, at=AT, reason="The old one after all")
    assert revise_quote(old.pk, by=rep, at=AT).version == 2
    assert Quote.objects.get(pk=new.pk).state == "cancelled"
