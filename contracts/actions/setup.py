"""When legal must approve contracts."""

from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from contracts.events import ContractPolicyEdited
from contracts.models import Clause, ContractPolicy, ContractTemplate
from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.bus import publish
from q2c.infra.locks import check_version, locked
from q2c.kernel.errors import Refused


@dataclass(frozen=True, kw_only=True)
class ContractPolicyDraft:
    """Legal approves from a total in `currency`, or from a term in months, or from either."""

    name: str
    currency: str
    legal_from_total: Decimal | None = None
    legal_from_months: int | None = None
    is_active: bool = True


@transaction.atomic
def save_policy(
    policy_id: int | None,
    draft: ContractPolicyDraft,
    *,
    by: User,
    at: datetime,
    seen: int | None = None,
) -> ContractPolicy:
    """Add a policy or change it; approvals asked for already stay as they are.

    `seen` is the version that was read; refuses to overwrite a later one.
    """
    require(by, Permission.MANAGE_SETTINGS)
    policy = locked(ContractPolicy, policy_id) if policy_id else ContractPolicy()
    check_version(policy.version, seen)
    check_name(ContractPolicy, draft.name, policy.pk)
    if draft.legal_from_total is None and draft.legal_from_months is None:
        raise Refused("Give a total or a term from which legal approves.", field="legal_from_total")
    changes = {
        name: [str(getattr(policy, name)) if policy.pk else "", str(value)]
        for name, value in asdict(draft).items()
    }
    for name, value in asdict(draft).items():
        setattr(policy, name, value)
    policy.version += 1 if policy.pk else 0
    policy.save()
    publish(
        ContractPolicyEdited(at=at, contract_policy_id=policy.pk),
        by=by,
        changes={name: pair for name, pair in changes.items() if pair[0] != pair[1]},
    )
    return policy


def check_name(
    model: type[Clause] | type[ContractTemplate] | type[ContractPolicy], name: str, pk: int | None
) -> None:
    """Refuse a name that is none, too long, or another one's."""
    if not 1 <= len(name.strip()) <= 100:
        raise Refused("Give it a name of 1 to 100 characters.", field="name")
    if model._default_manager.filter(name=name.strip()).exclude(pk=pk or 0).exists():
        raise Refused("Another one has this name.", field="name")
