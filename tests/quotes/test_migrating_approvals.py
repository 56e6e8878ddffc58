"""Approvals as they were before policies had conditions and steps, and what became of them."""

from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal

from django.db import connection
from django.db.migrations.loader import MigrationLoader

from quotes.models import (
    ApprovalDecision,
    ApprovalPolicy,
    ApprovalRequest,
    ApprovalRound,
)
from tests.quotes.conftest import NOON

STEPS = ["0016_approvals_in_stages", "0017_what_older_approvals_are", "0018_approvals_by_person"]
LATER = NOON + timedelta(hours=3)


@contextmanager
def approvals_before_steps():
    """Give the models of approvals at 0015, on tables of their own; at the end migrate them to 0018.

    All within the test's transaction: a schema that is found first holds the tables of then.
    """
    loader = MigrationLoader(connection)
    state = loader.project_state(("quotes", "0015_copies_and_outcomes"))
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA before_steps; SET LOCAL search_path = before_steps, public")
    with connection.schema_editor(atomic=False) as editor:
        for name in ("ApprovalPolicy", "ApprovalRequest"):
            editor.create_model(state.apps.get_model("quotes", name))
    yield state.apps
    for name in STEPS:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with connection.schema_editor(atomic=False) as editor:
            state = loader.get_migration("quotes", name).apply(state, editor)


def test_policies_rounds_and_decisions_come_along(full_draft, rep, manager, cfo):
    with approvals_before_steps() as old:
        policies = old.get_model("quotes", "ApprovalPolicy").objects
        discount = policies.create(
            name="Discount", measure="discount", limit_percent=15, approver_role="sales_manager"
        )
        margin = policies.create(
            name="Margin", measure="margin", limit_percent=20, approver_role="finance_manager",
            is_active=False,
        )  # fmt: skip

        def ask(policy, seal, at, **given):
            old.get_model("quotes", "ApprovalRequest").objects.create(
                quote_id=full_draft.pk, policy=policy, approver_role=policy.approver_role,
                reason=f"{policy.name} past its limit", content_hash=seal * 64,
                requested_by_id=rep.pk, requested_at=at, **given,
            )  # fmt: skip

        decided = {"decided_at": LATER}
        ask(
            discount,
            "a",
            NOON,
            state="refused",
            decided_by_id=manager.pk,
            comment="Too deep",
            **decided,
        )
        ask(margin, "a", NOON, state="void")
        ask(discount, "b", LATER, state="approved", decided_by_id=cfo.pk, comment="Once", **decided)
        ask(margin, "b", LATER)

    found = ApprovalPolicy.objects.order_by("pk")
    assert list(found.values_list("name", "is_active", "needs_all_conditions")) == [
        ("Discount", True, False), ("Margin", False, False)
    ]  # fmt: skip
    assert list(
        found.values_list("name", "conditions__measure", "conditions__operator", "conditions__limit")
        .order_by("conditions__pk")
    ) == [
        ("Discount", "line_discount", "above", Decimal(15)),
        ("Discount", "quote_discount", "above", Decimal(15)),
        ("Margin", "margin", "below", Decimal(20)),
    ]  # fmt: skip
    assert list(found.values_list("steps__stage", "steps__asks", "steps__role")) == [
        (1, "role", "sales_manager"), (1, "role", "finance_manager")
    ]  # fmt: skip
    rounds = ApprovalRound.objects.values_list(
        "quote", "content_hash", "requested_by", "requested_at"
    )
    assert list(rounds) == [
        (full_draft.pk, "a" * 64, rep.pk, NOON), (full_draft.pk, "b" * 64, rep.pk, LATER)
    ]  # fmt: skip
    requests = ApprovalRequest.objects.order_by("pk")
    assert list(
        requests.values_list("round__content_hash", "policy__name", "asks", "state", "opened_at")
    ) == [
        ("a" * 64, "Discount", "role:sales_manager", "refused", NOON),
        ("a" * 64, "Margin", "role:finance_manager", "void", NOON),
        ("b" * 64, "Discount", "role:sales_manager", "approved", LATER),
        ("b" * 64, "Margin", "role:finance_manager", "pending", LATER),
    ]
    decisions = ApprovalDecision.objects.order_by("pk")
    assert list(
        decisions.values_list("is_approval", "by", "seat", "for_all", "comment", "owner")
    ) == [
        (False, manager.pk, manager.pk, False, "Too deep", full_draft.owner_id),
        # Who is above the role that was asked decided for all of it.
        (True, cfo.pk, cfo.pk, True, "Once", full_draft.owner_id),
    ]
