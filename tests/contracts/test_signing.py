"""The countersignature, what follows from it, and how a contract ends."""

import hashlib
from datetime import date, timedelta

import pytest

from contracts.actions import approve_contract, countersign_contract, terminate_contract
from contracts.models import Contract
from orders.models import Order, Subscription
from q2c.kernel.errors import IllegalTransition, NotAllowed, Refused
from tests.contracts.factories import AT


def test_the_countersignature_keeps_the_pdf_byte_for_byte(contract, finance, cfo, fresh):
    approve_contract(contract.pk, desk="finance", by=finance, at=AT)
    countersign_contract(contract.pk, by=cfo, at=AT)
    signed = fresh(contract)
    assert (signed.state, signed.countersigned_by, signed.countersigned_at) == ("signed", cfo, AT)
    kept = bytes(signed.signed_document.content)
    assert kept.startswith(b"%PDF-")
    assert signed.signed_document.sha256 == hashlib.sha256(kept).hexdigest()


def test_the_order_follows_the_signature_at_once(signed):
    assert Order.objects.get().contract == signed
    assert Subscription.objects.get().starts_on == date(2027, 1, 1)


def test_nothing_is_signed_before_every_desk_approved(contract, cfo, fresh):
    with pytest.raises(IllegalTransition, match="cannot countersign while in approval"):
        countersign_contract(contract.pk, by=cfo, at=AT)
    assert fresh(contract).signed_document is None
    assert not Order.objects.exists()


def test_nothing_is_signed_twice(signed, cfo, fresh):
    with pytest.raises(IllegalTransition, match="cannot countersign while signed"):
        countersign_contract(signed.pk, by=cfo, at=AT + timedelta(hours=1))
    assert fresh(signed).countersigned_at == AT


def test_a_text_that_was_tampered_with_is_not_signed(contract, finance, cfo, fresh):
    approve_contract(contract.pk, desk="finance", by=finance, at=AT)
    Contract.objects.filter(pk=contract.pk).update(body=[{"title": "Free", "body": "Of charge."}])
    with pytest.raises(Refused, match="does not fit its seal"):
        countersign_contract(contract.pk, by=cfo, at=AT)
    assert fresh(contract).state == "approved"


def test_sales_cannot_countersign(contract, finance, manager):
    approve_contract(contract.pk, desk="finance", by=finance, at=AT)
    with pytest.raises(NotAllowed, match="countersign contracts"):
        countersign_contract(contract.pk, by=manager, at=AT)


def test_the_customer_gets_the_signed_contract_by_mail(signed, deliver):
    mail = next(mail for mail in deliver() if mail.cause == f"contract_signed:{signed.pk}")
    assert (mail.to, mail.subject) == (
        "ida@nordlicht.example",
        "Brightline Networks GmbH: signed contract C-2026-000001",
    )
    attached, certificate = mail.attachments.order_by("pk")
    assert (attached.name, attached.blob) == ("C-2026-000001.pdf", signed.signed_document)
    assert certificate.name == "C-2026-000001-certificate.pdf"
    assert "/p/" in mail.text


def test_the_desks_and_then_the_countersigners_are_told(
    above_a_thousand, template, customer, rep, finance, legal, deliver, make_contract
):
    contract = make_contract()
    asked = {m.to for m in deliver() if m.cause.startswith("contract_to_approve")}
    assert asked == {finance.email, legal.email}
    for desk, person in (("finance", finance), ("legal", legal)):
        approve_contract(contract.pk, desk=desk, by=person, at=AT)
    told = {m.to for m in deliver() if m.cause.startswith("contract_to_countersign")}
    assert told == {finance.email, legal.email}


# Terminating


def test_a_terminated_contract_ends_its_subscriptions_on_that_day(signed, manager, fresh):
    terminate_contract(signed.pk, on=date(2027, 5, 1), reason="Moved away", by=manager, at=AT)
    assert (fresh(signed).state, fresh(signed).terminated_on) == ("terminated", date(2027, 5, 1))
    subscription = Subscription.objects.get()
    assert (subscription.state, subscription.ends_on) == ("cancelled", date(2027, 5, 1))


def test_a_termination_is_refused_in_words(signed, contract, manager, rep, fresh):
    when = {"by": manager, "at": AT}
    with pytest.raises(Refused, match="Say why"):
        terminate_contract(signed.pk, on=date(2027, 5, 1), reason=" ", **when)
    with pytest.raises(Refused, match="cannot end before it starts"):
        terminate_contract(signed.pk, on=date(2026, 12, 31), reason="x", **when)
    with pytest.raises(NotAllowed, match="edit contracts"):
        terminate_contract(signed.pk, on=date(2027, 5, 1), reason="x", by=rep, at=AT)
    assert fresh(signed).state == "signed"


def test_a_contract_that_is_not_signed_cannot_be_terminated(contract, manager):
    with pytest.raises(IllegalTransition, match="cannot terminate while in approval"):
        terminate_contract(contract.pk, on=date(2027, 5, 1), reason="x", by=manager, at=AT)
