"""The contract's table of moves, and that the database holds it without us."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from contracts.actions import approve_contract, refuse_contract, terminate_contract
from contracts.models import Contract
from contracts.rules.states import LIFECYCLE, ContractState
from tests.contracts.factories import AT, sign

S = ContractState
MOVES = {
    (S.IN_APPROVAL, S.APPROVED),
    (S.IN_APPROVAL, S.REFUSED),
    (S.APPROVED, S.SIGNED),
    (S.APPROVED, S.REFUSED),
    (S.SIGNED, S.TERMINATED),
}
OTHERS = [(a, b) for a in S for b in S if a != b and (a, b) not in MOVES]


def sql(statement, *values):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)


@pytest.fixture
def contract_in(make_contract, cfo, manager):
    """`contract_in(S.SIGNED)` is a contract that got there by the actions."""

    def contract_in(state):
        contract = make_contract()
        if state == S.APPROVED:
            approve_contract(contract.pk, desk="finance", by=cfo, at=AT)
        if state == S.REFUSED:
            refuse_contract(contract.pk, desk="finance", by=cfo, at=AT, comment="No")
        if state in (S.SIGNED, S.TERMINATED):
            sign(contract, by=cfo)
        if state == S.TERMINATED:
            terminate_contract(contract.pk, on=date(2027, 5, 1), reason="x", by=manager, at=AT)
        found = Contract.objects.get(pk=contract.pk)
        assert found.state == state
        return found

    return contract_in


def test_the_table_holds_these_moves_and_no_others():
    assert {(before, after) for (before, _), after in LIFECYCLE.moves.items()} == MOVES


@pytest.mark.parametrize(("before", "after"), OTHERS)
def test_the_database_refuses_every_other_move(contract_in, fresh, cfo, before, after):
    contract = contract_in(before)
    is_signed = after in (S.SIGNED, S.TERMINATED)
    with pytest.raises(DatabaseError, match=r"cannot go from|is final"):
        sql(
            "UPDATE contracts_contract SET state = %s, countersigned_at = %s WHERE id = %s",
            after.value,
            (contract.countersigned_at or AT) if is_signed else None,
            contract.pk,
        )
    assert fresh(contract).state == before


CHANGES = {
    "body": '[{"title": "Free", "body": "Of charge."}]',
    "content_hash": "0" * 64,
    "number": "C-1",
    "total": 1,
    "currency": "USD",
    "starts_on": date(2026, 1, 1),
    "ends_on": date(2030, 1, 1),
    "auto_renew": False,
    "payment_terms_days": 90,
    "customer_signed_by": "Nobody",
    "countersigned_at": AT + timedelta(days=1),
    "signed_document_id": None,
    "quote_id": 999,
}


@pytest.mark.parametrize("column", CHANGES)
def test_the_database_refuses_to_change_a_signed_contract(contract_in, fresh, column):
    contract = contract_in(S.SIGNED)
    with pytest.raises(DatabaseError, match="is final and cannot be changed"):
        sql(
            f"UPDATE contracts_contract SET {column} = %s WHERE id = %s",  # noqa: S608
            CHANGES[column],
            contract.pk,
        )
    assert getattr(fresh(contract), column) == getattr(contract, column)


def test_the_database_refuses_to_delete_a_signed_contract_or_its_bytes(contract_in, fresh):
    contract = contract_in(S.SIGNED)
    with pytest.raises(DatabaseError, match="is final and cannot be deleted"):
        sql("DELETE FROM contracts_contract WHERE id = %s", contract.pk)
    with pytest.raises(DatabaseError, match="is final and cannot be changed"):
        sql(
            "UPDATE infra_blob SET content = %s WHERE sha256 = %s",
            b"%PDF-",
            contract.signed_document_id,
        )
    assert bytes(fresh(contract).signed_document.content) == bytes(contract.signed_document.content)


def test_the_word_of_a_desk_is_not_changed_once_given(contract_in):
    approval = contract_in(S.APPROVED).approvals.get()
    for statement in (
        "UPDATE contracts_contractapproval SET state = 'refused' WHERE id = %s",
        "UPDATE contracts_contractapproval SET comment = 'Never' WHERE id = %s",
        "DELETE FROM contracts_contractapproval WHERE id = %s",
    ):
        with pytest.raises(DatabaseError, match="is final"):
            sql(statement, approval.pk)
    approval.refresh_from_db()
    assert (approval.state, approval.comment) == ("approved", "")
