"""The limits past which somebody must approve a quote."""

from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission, Role, roles_with
from q2c.infra.bus import publish
from q2c.infra.locks import locked
from q2c.kernel.errors import Refused
from quotes.events import ApprovalPolicyEdited
from quotes.models import ApprovalPolicy


@dataclass(frozen=True, kw_only=True)
class PolicyDraft:
    """A limit in per cent: a discount above it, or a margin below it, needs the role's approval."""

    name: str
    measure: str
    limit_percent: Decimal
    approver_role: str
    is_active: bool = True


@transaction.atomic
def add_policy(draft: PolicyDraft, *, by: User, at: datetime) -> ApprovalPolicy:
    """Add a limit; quotes submitted from now on are measured by it."""
    require(by, Permission.MANAGE_SETTINGS)
    _check(draft)
    policy = ApprovalPolicy.objects.create(**asdict(draft))
    _publish(policy, {name: ["", str(value)] for name, value in asdict(draft).items()}, by, at)
    return policy


@transaction.atomic
def change_policy(policy_id: int, draft: PolicyDraft, *, by: User, at: datetime) -> ApprovalPolicy:
    """Change a limit or switch it off; approvals asked for already stay as they are."""
    require(by, Permission.MANAGE_SETTINGS)
    policy = locked(ApprovalPolicy, policy_id)
    _check(draft, besides=policy)
    before = {name: getattr(policy, name) for name in asdict(draft)}
    for name, value in asdict(draft).items():
        setattr(policy, name, value)
    policy.save()
    changes = {n: [str(v), str(getattr(draft, n))] for n, v in before.items()}
    _publish(policy, {n: pair for n, pair in changes.items() if pair[0] != pair[1]}, by, at)
    return policy


def _check(draft: PolicyDraft, *, besides: ApprovalPolicy | None = None) -> None:
    if not 1 <= len(draft.name.strip()) <= 100:
        raise Refused("Give the policy a name of 1 to 100 characters.", field="name")
    if any(same != besides for same in ApprovalPolicy.objects.filter(name=draft.name.strip())):
        raise Refused("Another policy has this name.", field="name")
    if draft.measure not in (ApprovalPolicy.DISCOUNT, ApprovalPolicy.MARGIN):
        raise Refused("Choose what is measured: the discount or the margin.", field="measure")
    low = 0 if draft.measure == ApprovalPolicy.DISCOUNT else -100
    if not low <= draft.limit_percent <= 100:
        raise Refused(f"A limit lies between {low} and 100 per cent.", field="limit_percent")
    if draft.approver_role not in [role.value for role in approver_roles()]:
        raise Refused("This role may not approve quotes.", field="approver_role")


def approver_roles() -> list[Role]:
    """Return the roles that may approve quotes."""
    return roles_with(Permission.APPROVE_QUOTES)


def _publish(policy: ApprovalPolicy, changes: dict[str, list[str]], by: User, at: datetime) -> None:
    publish(ApprovalPolicyEdited(at=at, approval_policy_id=policy.pk), by=by, changes=changes)
