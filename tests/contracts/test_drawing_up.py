"""From the accepted quote to the contract: its text, its term, and what it is drawn up from."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection

from contracts.actions import (
    ContractPolicyDraft,
    Place,
    TemplateDraft,
    archive_clause,
    draw_up_contract,
    save_policy,
    save_template,
)
from contracts.actions.bulk import bring_in_signed_contracts
from contracts.models import Clause, Contract, ContractPolicy, ContractTemplate
from orders.models import Order
from q2c.kernel.errors import NotAllowed, Refused
from quotes.actions import accept_quote
from quotes.models import Quote
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
