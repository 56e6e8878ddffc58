"""From the accepted quote to the signed contract: who says what, and what stays."""

import hashlib
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection

from contracts.actions import (
    ContractPolicyDraft,
    Place,
    TemplateDraft,
    approve_contract,
    archive_clause,
    countersign_contract,
    draw_up_contract,
    refuse_contract,
    refuse_countersignature,
    save_policy,
    save_template,
    terminate_contract,
)
from contracts.actions.bulk import bring_in_signed_contracts
from contracts.models import Clause, Contract, ContractPolicy, ContractTemplate
from orders.models import Order, Subscription
from q2c.infra.models import Event
from q2c.kernel.errors import IllegalTransition, NotAllowed, Refused
from quotes.actions import accept_quote
from quotes.models import Quote
from tests.api.conftest import api_for  # noqa: F401
from tests.contracts.factories import (
    AT,
    a_clause,
    a_template,
    an_accepted_quote,
    an_english_clause,
    sign,
)


def text_of(contract):
    return {clause["title"]: clause["body"] for clause in contract.body}


@pytest.fixture
def above_a_thousand(db):
    return ContractPolicy.objects.create(
        name="Large", currency="EUR", legal_from_total=Decimal(1000)
    )


# Drawing up


def test_acceptance_makes_the_contract(template, sent, signature, contact):
    accept_quote(sent.pk, signature(sent), by=None, at=AT, contact=contact)
    contract = Contract.objects.get(quote=sent)
    assert (contract.number, contract.state) == ("C-2026-000001", "in_approval")
    assert (contract.customer, contract.owner) == (sent.customer, sent.owner)
    assert (contract.total, contract.monthly_total) == (Decimal(1638), Decimal(100))
    assert (contract.starts_on, contract.ends_on) == (date(2027, 1, 1), date(2028, 1, 1))
    assert (contract.payment_terms_days, contract.customer_signed_by) == (14, "Ida Voss")


def test_without_a_template_the_quote_is_not_accepted_either(sent, signature, contact):
    with pytest.raises(Refused, match="no default contract template"):
        accept_quote(sent.pk, signature(sent), by=None, at=AT, contact=contact)
    assert Quote.objects.get(pk=sent.pk).state == "sent"
    assert not Contract.objects.exists()


def test_the_text_is_the_templates_with_its_blanks_filled(make_contract):
    contract = make_contract(lines=[("SUP", 10), ("BOX", 1)], auto_renew=False)
    assert text_of(contract) == {
        "Parties": "Between Brightline Networks GmbH and Nordlicht Solar AG, as offered in "
        f"{contract.quote.number} v1.",
        "Term": "From 1 Jan 2027 for 12 months until 31 Dec 2027.",
        "Goods": "Risk passes on delivery.",
    }


def test_clauses_for_usage_and_renewal_stand_only_where_they_apply(make_contract):
    contract = make_contract(lines=[("CALLS", 100)], auto_renew=True)
    assert list(text_of(contract)) == ["Parties", "Term", "Renewal", "Usage"]


def test_who_read_the_offer_in_german_gets_the_german_contract(make_contract, customer):
    a_template(language="de", clauses=[
        {"title": "Laufzeit", "body": "Ab {{ starts_on }} für {{ total }} {{ currency }}.", "when": ""}
    ])  # fmt: skip
    customer.language = "de"
    customer.save()
    german = {"Laufzeit": "Ab 01.01.2027 für 1.200,00 EUR."}
    assert text_of(make_contract(lines=[("SUP", 10)])) == german


def test_editing_the_template_leaves_drawn_up_contracts_alone(contract, template, legal, fresh):
    draft = TemplateDraft(
        name="New", language="en", is_default=True,
        clauses=[Place(an_english_clause("All new", "Other words.").pk)],
    )  # fmt: skip
    assert save_template(template.pk, draft, by=legal, at=AT).version == 2
    assert text_of(fresh(contract)) == text_of(contract)


def test_a_quote_that_was_not_accepted_makes_no_contract(template, sent):
    with pytest.raises(Refused, match="accepted"):
        draw_up_contract(sent.pk, at=AT)
    assert not Contract.objects.exists()


@pytest.fixture
def tamper(db):
    """`tamper(quote)` does past the triggers what only a hand in the database could do."""

    def tamper(quote):
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            quote.lines.update(list_unit_price=1)
            cursor.execute("SET LOCAL session_replication_role = DEFAULT")

    return tamper


def test_a_quote_that_changed_after_it_was_accepted_makes_no_contract(
    template, customer, rep, tamper
):
    # A19, when it is converted
    quote = an_accepted_quote(customer, rep)
    tamper(quote)
    with pytest.raises(Refused, match=f"{quote.number} v1 changed after it was accepted"):
        draw_up_contract(quote.pk, at=AT)
    assert not Contract.objects.exists()


def test_a_contract_of_a_quote_that_changed_is_not_signed(contract, cfo, tamper):
    # A19, when it is signed
    tamper(contract.quote)
    with pytest.raises(Refused, match="v1 changed after it was accepted"):
        sign(contract, by=cfo)
    assert not Order.objects.exists()


def test_contracts_signed_elsewhere_come_in_only_of_quotes_that_did_not_change(
    template, customer, rep, cfo, tamper
):
    # A19 and N5, by set
    good, bad = an_accepted_quote(customer, rep), an_accepted_quote(customer, rep)
    tamper(bad)
    with pytest.raises(Refused, match=f"{bad.number} v1 changed after it was accepted"):
        bring_in_signed_contracts([good.pk, bad.pk], by=cfo, at=AT)
    assert not Contract.objects.exists()
    [contract_id] = bring_in_signed_contracts([good.pk], by=cfo, at=AT)
    assert Contract.objects.get().pk == contract_id


def test_a_template_written_anew_leaves_signed_bytes_as_they_are(signed, template, legal, fresh):
    # A21
    before = bytes(signed.signed_document.content)
    draft = TemplateDraft(
        name="New", language="en", is_default=True,
        clauses=[Place(an_english_clause("All new", "Other words.").pk)],
    )  # fmt: skip
    save_template(template.pk, draft, by=legal, at=AT)
    assert bytes(fresh(signed).signed_document.content) == before


@pytest.mark.parametrize(
    ("starts_on", "months", "ends_on"),
    [
        (date(2027, 1, 31), 1, date(2027, 2, 28)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2027, 3, 1), 36, date(2030, 3, 1)),
    ],
)
def test_the_term_ends_by_the_calendar(make_contract, starts_on, months, ends_on):
    assert make_contract(starts_on=starts_on, term_months=months).ends_on == ends_on


# Approvals


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


# Signing


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


# What contracts are drawn up from


def test_a_template_with_wrong_clauses_is_refused(db, legal):
    law, put_away, other = (an_english_clause(name) for name in ("Law", "Old law", "Other law"))
    german = a_clause({"de": {"title": "Recht", "body": "Deutsches Recht."}})
    archive_clause(put_away.pk, by=legal, at=AT)
    Clause.objects.filter(pk=other.pk).update(alternate_of=law)
    for places, words in (
        ([], "at least one clause"),
        ([Place(law.pk), Place(german.pk)], "Clause 2, “Recht”, has no English text"),
        ([Place(law.pk), Place(put_away.pk)], "Clause 2 is not one that is in use"),
        ([Place(other.pk)], "Clause 1 is not one that is in use"),
        ([Place(law.pk, "on Sundays")], "Clause 1 has an unknown condition"),
        ([Place(law.pk, version=2)], "“Law”, has no version 2. Its newest is 1"),
    ):
        draft = TemplateDraft(name="Bad", language="en", clauses=places)
        with pytest.raises(Refused, match=words):
            save_template(None, draft, by=legal, at=AT)
    assert not ContractTemplate.objects.exists()


def test_a_new_default_takes_over_and_the_last_one_cannot_step_down(template, legal):
    places = [Place(an_english_clause("Parties").pk)]
    draft = TemplateDraft(name="Other", language="en", clauses=places, is_default=True)
    other = save_template(None, draft, by=legal, at=AT)
    assert list(ContractTemplate.objects.filter(is_default=True)) == [other]
    down = TemplateDraft(name="Other", language="en", clauses=places, is_default=False)
    with pytest.raises(Refused, match="needs its default"):
        save_template(other.pk, down, by=legal, at=AT)


def test_a_policy_without_a_limit_or_with_a_name_taken_is_refused(above_a_thousand, admin, legal):
    nothing = ContractPolicyDraft(name="Empty", currency="EUR")
    with pytest.raises(Refused, match="Give a total or a term"):
        save_policy(None, nothing, by=admin, at=AT)
    same = ContractPolicyDraft(name="Large", currency="EUR", legal_from_months=24)
    with pytest.raises(Refused, match="Another one has this name"):
        save_policy(None, same, by=admin, at=AT)
    with pytest.raises(NotAllowed, match="manage settings"):
        save_policy(above_a_thousand.pk, same, by=legal, at=AT)
    assert ContractPolicy.objects.get() == above_a_thousand
