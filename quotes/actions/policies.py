"""The policies by which quotes need approval."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission, Role, roles_with
from q2c.infra.bus import publish
from q2c.infra.locks import check_version, locked
from q2c.kernel.errors import Refused
from quotes.events import ApprovalPolicyEdited
from quotes.models import ApprovalCondition, ApprovalPolicy, ApprovalStep
from quotes.queries import approvers
from quotes.rules.approval import Condition, Policy, Step

_LONGEST_HOURS = 24 * 90
_MOST = 20


@dataclass(frozen=True, kw_only=True)
class PolicyDraft:
    """Conditions, of which all or any must hold, and who is asked then, stage after stage."""

    name: str
    conditions: tuple[Condition, ...]
    steps: tuple[Step, ...]
    needs_all_conditions: bool = True
    counts_options: bool = False
    is_active: bool = True


@transaction.atomic
def add_policy(draft: PolicyDraft, *, by: User, at: datetime) -> ApprovalPolicy:
    """Add a policy; quotes submitted from now on are measured by it."""
    require(by, Permission.MANAGE_SETTINGS)
    check_policy(draft)
    policy = ApprovalPolicy(name=draft.name.strip())
    _write(policy, draft)
    _publish(policy, {name: ["", value] for name, value in _said(policy).items()}, by, at)
    return policy


@transaction.atomic
def change_policy(
    policy_id: int, draft: PolicyDraft, *, by: User, at: datetime, seen: int | None = None
) -> ApprovalPolicy:
    """Change a policy or switch it off; approvals asked for already stay as they are."""
    require(by, Permission.MANAGE_SETTINGS)
    policy = locked(ApprovalPolicy, policy_id)
    check_version(policy.version, seen)
    check_policy(draft, besides=policy)
    before = _said(policy)
    policy.name, policy.version = draft.name.strip(), policy.version + 1
    _write(policy, draft)
    after = _said(policy)
    changes = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    _publish(policy, changes, by, at)
    return policy


def check_policy(draft: PolicyDraft, *, besides: ApprovalPolicy | None = None) -> None:
    """Refuse a policy that could never ask, or nobody who may answer; says where."""
    if not 1 <= len(draft.name.strip()) <= 100:
        raise Refused("Give the policy a name of 1 to 100 characters.", field="name")
    if any(same != besides for same in ApprovalPolicy.objects.filter(name=draft.name.strip())):
        raise Refused("Another policy has this name.", field="name")
    if not 1 <= len(draft.conditions) <= _MOST:
        raise Refused(f"Give 1 to {_MOST} conditions.", field="conditions.0.measure")
    if not 1 <= len(draft.steps) <= _MOST:
        raise Refused(f"Say who is asked, in 1 to {_MOST} steps.", field="steps.0.asks")
    for place, condition in enumerate(draft.conditions):
        _at(f"conditions.{place}", condition.check)
    able = {user.pk for user in approvers()}
    for place, step in enumerate(draft.steps):
        _at(f"steps.{place}", lambda step=step: _check_step(step, able))
    asked = [(step.stage, step.asks) for step in draft.steps]
    if len(set(asked)) < len(asked):
        raise Refused("A stage asks each of them once.", field=f"steps.{len(asked) - 1}.asks")


def approver_roles() -> list[Role]:
    """Return the roles that may approve quotes."""
    return roles_with(Permission.APPROVE_QUOTES)


def draft_policy(draft: PolicyDraft, policy_id: int = 0) -> Policy:
    """Return a policy as the rules read it, also before it is saved."""
    return Policy(
        policy_id,
        draft.name,
        draft.conditions,
        draft.steps,
        draft.needs_all_conditions,
        draft.counts_options,
    )


def _check_step(step: Step, able: set[int]) -> None:
    if not 1 <= step.stage <= 9:
        raise Refused("A stage is a number from 1 to 9.", field="stage")
    _check_target(step.asks, able, field="asks")
    remind, escalate = step.remind_after_hours, step.escalate_after_hours
    for name, hours in (("remind_after_hours", remind), ("escalate_after_hours", escalate)):
        if hours is not None and not 1 <= hours <= _LONGEST_HOURS:
            raise Refused(f"Give 1 to {_LONGEST_HOURS:,} hours.", field=name)
    if (escalate is None) != (not step.escalate_to):
        raise Refused("To escalate, say after how many hours and to whom.", field="escalate_to")
    if step.escalate_to:
        _check_target(step.escalate_to, able, field="escalate_to")
        if step.escalate_to == step.asks:
            raise Refused("Escalate to somebody else than is asked.", field="escalate_to")


def _check_target(target: str, able: set[int], *, field: str) -> None:
    kind, _, name = target.partition(":")
    if kind == "role" and name in [role.value for role in approver_roles()]:
        return
    if kind == "person" and name.isdigit() and int(name) in able:
        return
    if kind == "manager" and name in ("1", "2") and field == "asks":
        return
    raise Refused("Choose a role or a person that may approve quotes.", field=field)


def _at(place: str, check: Any) -> None:
    try:
        check()
    except Refused as refusal:
        raise Refused(refusal.message, field=f"{place}.{refusal.field}") from None


def _write(policy: ApprovalPolicy, draft: PolicyDraft) -> None:
    policy.needs_all_conditions = draft.needs_all_conditions
    policy.counts_options, policy.is_active = draft.counts_options, draft.is_active
    policy.save()
    policy.conditions.all().delete()
    policy.steps.all().delete()
    ApprovalCondition.objects.bulk_create(
        [
            ApprovalCondition(
                policy=policy,
                measure=each.measure.value,
                operator=each.operator.value,
                limit=each.limit,
                text=each.text,
                currency=each.currency,
                product_id=each.product_id,
            )
            for each in draft.conditions
        ]
    )
    ApprovalStep.objects.bulk_create([_step(policy, step) for step in draft.steps])


def _step(policy: ApprovalPolicy, step: Step) -> ApprovalStep:
    kind, _, name = step.asks.partition(":")
    higher, _, who = step.escalate_to.partition(":")
    return ApprovalStep(
        policy=policy,
        stage=step.stage,
        asks=kind,
        role=name if kind == "role" else "",
        person_id=int(name) if kind == "person" else None,
        manager_level=int(name) if kind == "manager" else 1,
        needs_all=step.needs_all,
        remind_after_hours=step.remind_after_hours,
        escalate_after_hours=step.escalate_after_hours,
        escalate_role=who if higher == "role" else "",
        escalate_person_id=int(who) if higher == "person" else None,
    )


def _said(policy: ApprovalPolicy) -> dict[str, str]:
    """Return a policy as its history tells it."""
    conditions = policy.conditions.select_related("product")
    steps = policy.steps.select_related("person")
    return {
        "name": policy.name,
        "asks when": f"{'all' if policy.needs_all_conditions else 'any'} of: "
        + "; ".join(str(condition) for condition in conditions),
        "asks": "; ".join(f"{step.stage}. {step.words}" for step in steps),
        "counts options not chosen": "yes" if policy.counts_options else "no",
        "in force": "yes" if policy.is_active else "no",
    }


def _publish(
    policy: ApprovalPolicy, changes: Mapping[str, list[str]], by: User, at: datetime
) -> None:
    publish(ApprovalPolicyEdited(at=at, approval_policy_id=policy.pk), by=by, changes=changes)
