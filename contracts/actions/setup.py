"""What contracts are drawn up from, and when legal must approve them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from contracts.events import ContractPolicyEdited, ContractTemplateEdited
from contracts.models import ContractPolicy, ContractTemplate
from contracts.rules.drafting import check_clauses
from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.bus import publish
from q2c.infra.locks import locked
from q2c.kernel.errors import Refused


@dataclass(frozen=True, kw_only=True)
class TemplateDraft:
    """A template's clauses; `when` of a clause names the fact that must hold for it."""

    name: str
    language: str
    clauses: Sequence[Mapping[str, str]]
    is_default: bool = False


@dataclass(frozen=True, kw_only=True)
class ContractPolicyDraft:
    """Legal approves from a total in `currency`, or from a term in months, or from either."""

    name: str
    currency: str
    legal_from_total: Decimal | None = None
    legal_from_months: int | None = None
    is_active: bool = True


@transaction.atomic
def save_template(
    template_id: int | None, draft: TemplateDraft, *, by: User, at: datetime
) -> ContractTemplate:
    """Add a template or change it; contracts that were drawn up keep their text."""
    require(by, Permission.EDIT_CONTRACTS)
    check_clauses(draft.clauses)
    template = locked(ContractTemplate, template_id) if template_id else ContractTemplate()
    _check_name(ContractTemplate, draft.name, template.pk)
    others = ContractTemplate.objects.filter(language=draft.language, is_default=True)
    if draft.is_default:
        others.exclude(pk=template.pk).update(is_default=False)
    elif template.is_default:
        raise Refused(
            "A language needs its default. Make another template the default instead.",
            field="is_default",
        )
    if template.is_default and template.language != draft.language:
        raise Refused("The default of a language stays in that language.", field="language")
    before = [template.name, template.version] if template.pk else ["", ""]
    template.version += 1 if template.pk else 0
    template.name, template.language = draft.name.strip(), draft.language
    template.clauses = [dict(clause) for clause in draft.clauses]
    template.is_default = draft.is_default
    template.save()
    publish(
        ContractTemplateEdited(at=at, contract_template_id=template.pk),
        by=by,
        changes={"version": [before[1], template.version]},
    )
    return template


@transaction.atomic
def save_policy(
    policy_id: int | None, draft: ContractPolicyDraft, *, by: User, at: datetime
) -> ContractPolicy:
    """Add a policy or change it; approvals asked for already stay as they are."""
    require(by, Permission.MANAGE_SETTINGS)
    policy = locked(ContractPolicy, policy_id) if policy_id else ContractPolicy()
    _check_name(ContractPolicy, draft.name, policy.pk)
    if draft.legal_from_total is None and draft.legal_from_months is None:
        raise Refused("Give a total or a term from which legal approves.", field="legal_from_total")
    changes = {
        name: [str(getattr(policy, name)) if policy.pk else "", str(value)]
        for name, value in asdict(draft).items()
    }
    for name, value in asdict(draft).items():
        setattr(policy, name, value)
    policy.save()
    publish(
        ContractPolicyEdited(at=at, contract_policy_id=policy.pk),
        by=by,
        changes={name: pair for name, pair in changes.items() if pair[0] != pair[1]},
    )
    return policy


def _check_name(
    model: type[ContractTemplate] | type[ContractPolicy], name: str, pk: int | None
) -> None:
    if not 1 <= len(name.strip()) <= 100:
        raise Refused("Give it a name of 1 to 100 characters.", field="name")
    if model._default_manager.filter(name=name.strip()).exclude(pk=pk or 0).exists():
        raise Refused("Another one has this name.", field="name")
