"""The library's migrations with contracts in the database: back to texts in templates, and forth."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from contracts.actions import Swap, approve_contract, swap_clause
from contracts.models import Clause, Contract, ContractClause, TemplateClause
from tests.contracts.factories import AT, CLAUSES, a_clause, a_template, sign

TEXTS_IN_TEMPLATES = ("contracts", "0006_how_to_renew_may_change")


def migrate(to=None):
    """Bring the database to a migration, else to the newest; returns the models as they were then.

    Going back takes along what other apps built on it: the way forth leads to the end of them all.
    """
    executor = MigrationExecutor(connection)
    return executor.migrate([to] if to else executor.loader.graph.leaf_nodes()).apps


def sealed():
    """What every contract says, and its hash."""
    return list(Contract.objects.order_by("pk").values_list("number", "body", "content_hash"))


@pytest.mark.django_db(transaction=True)
def test_texts_of_templates_become_clauses_and_go_back_while_contracts_stay(
    template, make_contract, finance, legal, cfo
):
    a_template(language="de", clauses=[{"title": "Recht", "body": "Deutsch.", "when": ""}])
    in_flight, signed, swapped = make_contract(), sign(make_contract(), by=cfo), make_contract()
    swapped.approvals.create(desk="legal", reason="Large", content_hash=swapped.content_hash)
    approve_contract(swapped.pk, desk="finance", by=finance, at=AT)
    term = Clause.objects.get(name="Term")
    a_clause({"en": {"title": "Term", "body": "For ever."}}, name="Endless", alternate_of=term)
    endless = Clause.objects.get(name="Endless")
    swap = Swap(position=1, clause_id=endless.pk, reason="They stay.")
    swap_clause(swapped.pk, swap, by=legal, at=AT)
    before = sealed()
    try:
        old = migrate(TEXTS_IN_TEMPLATES)
        templates = old.get_model("contracts", "ContractTemplate").objects
        assert templates.get(language="en").clauses == CLAUSES
        words = old.get_model("contracts", "ContractApproval").objects.filter(contract=swapped.pk)
        assert sorted(words.values_list("desk", "state")) == [
            ("finance", "pending"),
            ("legal", "pending"),
        ]
    finally:
        migrate()
    assert sealed() == before
    places = TemplateClause.objects.filter(template=template).values_list("clause__name", "when")
    assert list(places) == [(clause["title"], clause["when"]) for clause in CLAUSES]
    law = Clause.objects.get(name="Recht").versions.get()
    assert (law.number, law.texts) == (1, {"de": {"title": "Recht", "body": "Deutsch."}})
    found = {
        one: list(
            ContractClause.objects.filter(contract=one).values_list(
                "position", "used__clause__name"
            )
        )
        for one in (in_flight, signed, swapped)
    }
    assert found[in_flight] == found[signed] == [(0, "Parties"), (1, "Term"), (2, "Renewal")]
    assert found[swapped] == [(0, "Parties"), (2, "Renewal")]  # words of no template are left alone
    assert make_contract().body[1] == in_flight.body[1]
    swap = Swap(position=2, clause_id=None, reason="No renewal.")
    assert len(swap_clause(swapped.pk, swap, by=legal, at=AT).body) == 2
