"""In a contract under approval a clause is swapped for an alternate or left out, and sealed anew."""

import pytest
from django.db import DatabaseError, transaction

from contracts.actions import (
    Swap,
    approve_contract,
    archive_clause,
    countersign_contract,
    swap_clause,
)
from contracts.models import Clause, ContractClause, ContractPolicy
from contracts.queries.clauses import deviating, using
from contracts.rules.drafting import text_hash
from q2c.infra.models import Event
from q2c.kernel.errors import NotAllowed, Refused, StaleVersion
from quotes.queries import accepted_quote
from tests.contracts.factories import AT, a_clause, a_template, an_english_clause, sign

CLAUSES = [
    {"title": "Parties", "body": "{{ seller_name }} and {{ customer_name }}.", "when": ""},
    {"title": "Payment", "body": "Due in {{ payment_terms_days }} days.", "when": ""},
    {"title": "Liability", "body": "Up to the charges of a year.", "when": ""},
]
WHY = "The museum pays after receipt."


@pytest.fixture
def template(db):
    """Three clauses, of which liability is mandatory; payment and liability have an alternate."""
    template = a_template(clauses=CLAUSES)
    Clause.objects.filter(name="Liability").update(is_mandatory=True, approver_role="legal")
    for main, body in (
        ("Payment", "Due {{ payment_terms_days }} days after {{ customer_name }} got it."),
        ("Liability", "Up to the charges of two years."),
    ):
        alternate_of = Clause.objects.get(name=main)
        a_clause(
            {"en": {"title": main, "body": body}}, name=f"Other {main}", alternate_of=alternate_of
        )
    return template


def swap(contract, place, clause, *, by, reason=WHY, **given):
    """Let somebody take a clause (by its name, or None) for the place of another one."""
    position = contract.clauses.get(standard__clause__name=place).position
    pk = Clause.objects.get(name=clause).pk if clause else None
    wanted = Swap(position=position, clause_id=pk, reason=reason, **given)
    return swap_clause(contract.pk, wanted, by=by, at=AT)


def text_of(contract):
    return [f"{clause['title']}: {clause['body']}" for clause in contract.body]


def waiting(contract):
    """The desks that have yet to say a word on the present text."""
    words = contract.approvals.filter(state="pending", content_hash=contract.content_hash)
    return set(words.values_list("desk", flat=True))


def test_legal_swaps_a_clause_for_its_alternate_and_only_that_place_changes(contract, legal, fresh):
    before = text_of(contract)
    swap(contract, "Payment", "Other Payment", by=legal)
    after = fresh(contract)
    assert text_of(after) == [before[0], "Payment: Due 30 days after Nordlicht Solar AG got it.",
                              before[2]]  # fmt: skip
    assert after.content_hash != contract.content_hash
    place = after.clauses.get(position=1)
    assert (str(place.used.clause), place.reason, place.changed_by) == ("Other Payment", WHY, legal)
    told = Event.objects.get(name="ContractClauseSwapped", document_id=contract.pk)
    assert told.changes == {"Payment": ["Payment v1", "Other Payment v1"]}
    assert (told.reason, told.actor) == (WHY, legal)


def test_a_clause_is_left_out_and_put_back_to_the_very_same_bytes(contract, legal, fresh):
    swap(contract, "Payment", None, by=legal)
    assert text_of(fresh(contract)) == [text_of(contract)[n] for n in (0, 2)]
    swap(contract, "Liability", "Other Liability", by=legal)
    assert text_of(fresh(contract))[1] == "Liability: Up to the charges of two years."
    swap(contract, "Liability", "Liability", by=legal)
    swap(contract, "Payment", "Payment", by=legal)
    assert fresh(contract).content_hash == contract.content_hash
    assert not deviating(type(contract).objects.all()).exists()


def test_legal_is_asked_about_a_deviation_and_not_once_it_is_gone(contract, legal, fresh):
    assert waiting(contract) == {"finance"}
    swap(contract, "Payment", "Other Payment", by=legal)
    assert waiting(fresh(contract)) == {"finance", "legal"}
    word = contract.approvals.get(desk="legal")
    assert word.reason == "Text deviates from the library: Payment"
    swap(contract, "Payment", "Payment", by=legal)
    assert waiting(fresh(contract)) == {"finance"}


def test_a_desk_that_approved_the_earlier_text_is_asked_again_and_told(
    contract, finance, legal, cfo, deliver, fresh
):
    ContractPolicy.objects.create(name="All", currency="EUR", legal_from_months=1)
    contract.approvals.create(desk="legal", reason="All", content_hash=contract.content_hash)
    approve_contract(contract.pk, desk="finance", by=finance, at=AT)
    deliver()  # the mails about the earlier text, also to legal
    swap(contract, "Payment", "Other Payment", by=legal)
    assert waiting(fresh(contract)) == {"finance", "legal"}
    told = {m.to for m in deliver() if fresh(contract).content_hash[:16] in m.cause}
    assert told == {finance.email, cfo.email}
    approve_contract(contract.pk, desk="legal", by=legal, at=AT)
    assert fresh(contract).state == "in_approval"
    approve_contract(contract.pk, desk="finance", by=finance, at=AT)
    assert fresh(contract).state == "approved"


def test_a_word_holds_again_when_the_text_is_what_it_was_given_on(contract, finance, legal, fresh):
    contract.approvals.create(desk="legal", reason="Large", content_hash=contract.content_hash)
    approve_contract(contract.pk, desk="finance", by=finance, at=AT)
    swap(contract, "Payment", None, by=legal)
    swap(contract, "Payment", "Payment", by=legal)
    assert waiting(fresh(contract)) == {"legal"}
    approve_contract(contract.pk, desk="legal", by=legal, at=AT)
    assert fresh(contract).state == "approved"


def test_nobody_approves_a_text_that_changed_under_their_eyes(contract, finance, legal, fresh):
    swap(contract, "Payment", None, by=legal)
    with pytest.raises(StaleVersion, match="changed since you opened"):
        approve_contract(
            contract.pk, desk="finance", by=finance, at=AT, seen_hash=contract.content_hash
        )
    with pytest.raises(StaleVersion, match="changed since you opened"):
        swap(contract, "Parties", None, by=legal, seen_hash=contract.content_hash)
    assert waiting(fresh(contract)) == {"finance", "legal"}


def test_a_text_that_a_desk_did_not_approve_is_not_signed(contract, finance, cfo, fresh):
    # N5: past all actions, the text and its own seal are changed together.
    approve_contract(contract.pk, desk="finance", by=finance, at=AT)
    type(contract).objects.filter(pk=contract.pk).update(content_hash="0" * 64)
    with pytest.raises(Refused, match="does not fit its seal"):
        countersign_contract(contract.pk, by=cfo, at=AT)
    body = [{"title": "Free", "body": "Of charge."}]
    sealed = text_hash(contract.number, body, accepted_quote(contract.quote_id).content_hash)
    type(contract).objects.filter(pk=contract.pk).update(body=body, content_hash=sealed)
    with pytest.raises(Refused, match="Finance approved another text"):
        countersign_contract(contract.pk, by=cfo, at=AT)
    assert fresh(contract).state == "approved"


def test_who_may_not_swap_is_refused_in_words(contract, make_contract, manager, rep2, legal, fresh):
    with pytest.raises(NotAllowed, match="approve contracts for legal"):
        swap(contract, "Payment", None, by=manager)
    with pytest.raises(NotAllowed, match="belongs to a colleague"):
        swap(contract, "Payment", None, by=rep2)
    own = make_contract(owner=legal)
    with pytest.raises(NotAllowed, match="Nobody changes the text of their own contract"):
        swap(own, "Payment", None, by=legal)
    assert text_of(fresh(contract)) == text_of(contract)


def test_a_persons_mandatory_clause_waits_for_that_person(contract, finance, legal, fresh):
    clause = Clause.objects.filter(name="Payment")
    clause.update(is_mandatory=True, approver=finance)
    only = f"“Payment” is mandatory: only {finance} may swap it or leave it out"
    with pytest.raises(NotAllowed, match=only):
        swap(contract, "Payment", "Other Payment", by=legal)
    swap(contract, "Payment", "Other Payment", by=finance)
    assert "got it" in text_of(fresh(contract))[1]


def test_what_cannot_be_swapped_is_refused_in_words(contract, legal, fresh):
    an_english_clause("Unlisted")
    a_clause(
        {"de": {"title": "Zahlung", "body": "Sofort."}},
        name="German Payment",
        alternate_of=Clause.objects.get(name="Payment"),
    )
    for clause, reason, words in (
        ("Unlisted", WHY, "not listed as an alternate of “Payment”"),
        ("Other Liability", WHY, "not listed as an alternate of “Payment”"),
        ("Payment", WHY, "how it stands already"),
        ("German Payment", WHY, "“German Payment” has no English text"),
        (None, " ", "Say why"),
    ):
        with pytest.raises(Refused, match=words):
            swap(contract, "Payment", clause, by=legal, reason=reason)
    archive_clause(Clause.objects.get(name="Other Payment").pk, by=legal, at=AT)
    with pytest.raises(Refused, match="not listed"):
        swap(contract, "Payment", "Other Payment", by=legal)
    with pytest.raises(Refused, match="No clause of the library stands at this place"):
        swap_clause(contract.pk, Swap(position=9, clause_id=None, reason="x"), by=legal, at=AT)
    assert text_of(fresh(contract)) == text_of(contract)
    assert not contract.clauses.filter(changed_at__isnull=False).exists()


def test_the_last_clause_stays(contract, legal):
    swap(contract, "Payment", None, by=legal)
    swap(contract, "Parties", None, by=legal)
    with pytest.raises(Refused, match="at least one clause"):
        swap(contract, "Liability", None, by=legal)


def test_a_sealed_text_is_not_changed_by_any_door(contract, finance, legal, cfo, fresh):
    approve_contract(contract.pk, desk="finance", by=finance, at=AT)
    with pytest.raises(Refused, match="is approved: its text is sealed"):
        swap(contract, "Payment", None, by=legal)
    countersign_contract(contract.pk, by=cfo, at=AT)
    with pytest.raises(Refused, match="is signed: its text is sealed"):
        swap(contract, "Payment", None, by=legal)
    rows = ContractClause.objects.filter(contract=contract)
    for change in (lambda: rows.update(reason="x"), rows.delete):
        with pytest.raises(DatabaseError, match="are final"), transaction.atomic():
            change()
    assert text_of(fresh(contract)) == text_of(contract)


def test_a_tampered_text_is_not_sealed_anew_by_a_swap(contract, legal):
    type(contract).objects.filter(pk=contract.pk).update(body=contract.body[:2])
    with pytest.raises(Refused, match="does not fit its seal"):
        swap(contract, "Payment", None, by=legal)


def test_contracts_are_found_by_the_clauses_in_them(contract, make_contract, legal, cfo):
    other = sign(make_contract(), by=cfo)
    swap(contract, "Payment", "Other Payment", by=legal)
    contracts = type(contract).objects.all()
    pk = {clause.name: clause.pk for clause in Clause.objects.all()}
    assert set(using(contracts, pk["Parties"])) == {contract, other}
    assert set(using(contracts, pk["Payment"])) == {other}
    assert set(using(contracts, pk["Other Payment"])) == {contract}
    assert set(deviating(contracts)) == {contract}
    assert set(deviating(contracts, deviates=False)) == {other}
