"""Who says what about a contract before it is signed: desks, refusals, nobody about their own."""

from decimal import Decimal

import pytest

from contracts.actions import (
    ContractPolicyDraft,
    approve_contract,
    countersign_contract,
    refuse_contract,
    refuse_countersignature,
    save_policy,
)
from contracts.models import ContractPolicy
from orders.models import Order
from q2c.infra.models import Event
from q2c.kernel.errors import IllegalTransition, NotAllowed, Refused
from tests.api.conftest import api_for  # noqa: F401
from tests.contracts.factories import AT, sign


def test_finance_alone_approves_where_no_policy_asks_for_more(contract, finance, fresh):
    assert [a.desk for a in contract.approvals.all()] == ["finance"]
    approve_contract(contract.pk, desk="finance", by=finance, at=AT, comment="Fine")
    assert fresh(contract).state == "approved"
    word = contract.approvals.get()
    assert (word.state, word.decided_by, word.comment) == ("approved", finance, "Fine")


def test_legal_is_asked_from_the_policys_total_and_both_must_approve(
    above_a_thousand, contract, finance, legal, fresh
):
    reasons = dict(contract.approvals.values_list("desk", "reason"))
    assert reasons["legal"] == "Total of 1,200.00 EUR reaches 1,000.00"
    approve_contract(contract.pk, desk="finance", by=finance, at=AT)
    assert fresh(contract).state == "in_approval"
    approve_contract(contract.pk, desk="legal", by=legal, at=AT)
    assert fresh(contract).state == "approved"


@pytest.mark.parametrize(
    ("policy", "is_asked"),
    [
        ({"legal_from_total": Decimal("1200.00")}, True),
        ({"legal_from_total": Decimal("1200.01")}, False),
        ({"legal_from_total": Decimal(1), "currency": "USD"}, False),
        ({"legal_from_total": Decimal(1), "is_active": False}, False),
        ({"legal_from_months": 12}, True),
        ({"legal_from_months": 13}, False),
    ],
)
def test_legal_is_asked_at_the_limit_in_the_same_currency(make_contract, policy, is_asked):
    ContractPolicy.objects.create(**{"name": "One", "currency": "EUR", **policy})
    contract = make_contract()
    assert contract.approvals.filter(desk="legal").exists() is is_asked


def test_a_policy_made_later_asks_nobody_about_earlier_contracts(contract, admin):
    draft = ContractPolicyDraft(name="All", currency="EUR", legal_from_total=Decimal(0))
    save_policy(None, draft, by=admin, at=AT)
    assert [a.desk for a in contract.approvals.all()] == ["finance"]


def test_nobody_approves_or_countersigns_their_own_contract(make_contract, admin, cfo, fresh):
    own = make_contract(owner=admin)
    with pytest.raises(NotAllowed, match="Nobody approves their own"):
        approve_contract(own.pk, desk="finance", by=admin, at=AT)
    approve_contract(own.pk, desk="finance", by=cfo, at=AT)
    with pytest.raises(NotAllowed, match="Nobody countersigns their own"):
        countersign_contract(own.pk, by=admin, at=AT)
    assert fresh(own).state == "approved"


def test_each_desk_speaks_for_itself(above_a_thousand, contract, finance, legal, rep2, fresh):
    for desk, person in (("legal", finance), ("finance", legal), ("finance", rep2)):
        with pytest.raises(NotAllowed, match=f"approve contracts for {desk}. Ask:"):
            approve_contract(contract.pk, desk=desk, by=person, at=AT)
    assert fresh(contract).approvals.filter(state="pending").count() == 2


def test_a_desk_that_was_not_asked_and_one_that_does_not_exist(contract, legal):
    with pytest.raises(Refused, match="does not need the word of legal"):
        approve_contract(contract.pk, desk="legal", by=legal, at=AT)
    with pytest.raises(Refused, match="no such desk"):
        approve_contract(contract.pk, desk="marketing", by=legal, at=AT)


def test_a_desk_decides_once(contract, finance, cfo):
    approve_contract(contract.pk, desk="finance", by=finance, at=AT)
    for decide in (approve_contract, refuse_contract):
        with pytest.raises(Refused, match="decided already"):
            decide(contract.pk, desk="finance", by=cfo, at=AT, comment="Me too")


def test_a_word_on_another_text_is_not_taken(contract, finance, fresh):
    contract.approvals.update(content_hash="0" * 64)
    with pytest.raises(Refused, match="not the one that was put before"):
        approve_contract(contract.pk, desk="finance", by=finance, at=AT)
    assert fresh(contract).state == "in_approval"


def test_a_refusal_needs_its_reason_and_ends_the_contract(
    above_a_thousand, contract, finance, legal, fresh
):
    with pytest.raises(Refused, match="Say why"):
        refuse_contract(contract.pk, desk="legal", by=legal, at=AT, comment="  ")
    refuse_contract(contract.pk, desk="legal", by=legal, at=AT, comment="No liability cap")
    assert fresh(contract).state == "refused"
    told = Event.objects.get(name="ContractRefused", document_id=contract.pk)
    assert (told.reason, told.actor) == ("No liability cap", legal)
    with pytest.raises(Refused, match="decided already"):
        approve_contract(contract.pk, desk="finance", by=finance, at=AT)
    with pytest.raises(IllegalTransition, match="cannot countersign while refused"):
        countersign_contract(contract.pk, by=finance, at=AT)
    assert not Order.objects.exists()


def test_who_countersigns_may_refuse_what_the_desks_approved(
    contract, finance, cfo, rep, fresh, deliver
):
    approve_contract(contract.pk, desk="finance", by=finance, at=AT)
    with pytest.raises(Refused, match="Say why"):
        refuse_countersignature(contract.pk, by=cfo, at=AT, comment=" ")
    assert fresh(contract).state == "approved"
    refuse_countersignature(contract.pk, by=cfo, at=AT, comment="No liability cap")
    assert fresh(contract).state == "refused"
    told = Event.objects.get(name="ContractRefused", document_id=contract.pk)
    assert (told.reason, told.actor) == ("No liability cap", cfo)
    [mail] = [mail for mail in deliver() if mail.cause.startswith("contract_refused")]
    assert (mail.to, mail.subject) == (rep.email, f"Contract {contract.number} was refused")
    assert "Chiara refused contract" in mail.text
    assert "“No liability cap”" in mail.text
    with pytest.raises(IllegalTransition, match="cannot countersign while refused"):
        countersign_contract(contract.pk, by=cfo, at=AT)


def test_nobody_refuses_for_the_desks_or_what_is_signed(contract, finance, cfo, rep, fresh):
    with pytest.raises(IllegalTransition, match="refuse it for one of them"):
        refuse_countersignature(contract.pk, by=cfo, at=AT, comment="No")
    assert fresh(contract).state == "in_approval"
    with pytest.raises(NotAllowed):
        refuse_countersignature(contract.pk, by=rep, at=AT, comment="No")
    sign(contract, by=cfo)
    with pytest.raises(IllegalTransition, match="cannot refuse while signed"):
        refuse_countersignature(contract.pk, by=cfo, at=AT, comment="No")


def test_nobody_refuses_their_own_contract(make_contract, admin, cfo, fresh):
    contract = make_contract(owner=admin)
    approve_contract(contract.pk, desk="finance", by=cfo, at=AT)
    with pytest.raises(NotAllowed, match="their own contract"):
        refuse_countersignature(contract.pk, by=admin, at=AT, comment="No")
    assert fresh(contract).state == "approved"


def test_a_program_refuses_for_a_desk_or_for_the_signature(
    make_contract,
    api_for,  # noqa: F811
    cfo,
    fresh,
):
    first, second = make_contract(), make_contract()
    approve_contract(second.pk, desk="finance", by=cfo, at=AT)
    program, why = api_for(cfo, "contracts:approve"), {"comment": "Too risky"}
    for contract, body in ((first, {"desk": "finance", **why}), (second, why)):
        answer = program.post(f"contracts/{contract.pk}/refuse", body)
        assert (answer.status_code, fresh(contract).state) == (200, "refused")
