"""What can be asked of contracts."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum

from contracts.models import Contract, ContractApproval
from contracts.queries.final_text import awaiting_customer
from contracts.rules.renewal import STAGES
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.kernel.errors import Refused

DESKS = {
    "finance": Permission.APPROVE_CONTRACTS_FINANCE,
    "legal": Permission.APPROVE_CONTRACTS_LEGAL,
}

# A renewal that was refused, or given up before it began.
CAME_TO_NOTHING = Q(state="refused") | Q(state="terminated", terminated_on=F("starts_on"))


@dataclass(frozen=True, slots=True)
class SignedContract:
    """A signed contract's terms, as orders and billing copy them. Money in its currency."""

    id: int
    number: str
    quote_id: int
    customer_id: int
    legal_entity_id: int
    owner_id: int
    currency: str
    total: Decimal
    starts_on: date
    ends_on: date
    term_months: int
    payment_terms_days: int
    auto_renew: bool
    renews_id: int | None
    amends_id: int | None


def signed_contract(contract_id: int) -> SignedContract:
    """Return a signed contract; refuses one that is not."""
    found = signed_contracts([contract_id])
    if not found:
        raise Refused("The contract has not been signed.")
    return found[0]


def signed_contracts(
    contract_ids: list[int], *, with_terminated: bool = False
) -> list[SignedContract]:
    """Return those of the contracts that are signed, by set, in the order of their ids."""
    names = list(SignedContract.__dataclass_fields__)
    states = ["signed", "terminated"] if with_terminated else ["signed"]
    rows = Contract.objects.filter(pk__in=contract_ids, state__in=states).order_by("pk")
    return [SignedContract(*row) for row in rows.values_list(*names)]


def terminated_on(contract_id: int) -> date | None:
    """Return the first day without a contract that was terminated; None for any other."""
    ended = Contract.objects.filter(pk=contract_id, state="terminated")
    return ended.values_list("terminated_on", flat=True).first()


@dataclass(frozen=True, slots=True)
class ContractReference:
    """A contract as other apps name it and point at it."""

    id: int
    number: str


def amended_by(contract_id: int) -> ContractReference | None:
    """Return the contract that an amendment changes; None for a contract in its own right."""
    amended = Contract.objects.filter(amendments=contract_id).values_list("pk", "number")
    return next((ContractReference(*row) for row in amended), None)


def number_of(contract_id: int) -> str:
    """Return a contract's number, by which people call it; empty where there is none."""
    found = Contract.objects.filter(pk=contract_id).values_list("number", flat=True)
    return found.first() or ""


def visible_to(user: User) -> QuerySet[Contract]:
    """Return the contracts a user may see: all, or those they or their team own."""
    if user.may(Permission.VIEW_ALL_QUOTES):
        return Contract.objects.all()
    return Contract.objects.filter(Q(owner=user) | Q(owner__manager=user))


def matching(contracts: QuerySet[Contract], text: str) -> QuerySet[Contract]:
    """Keep contracts whose number, title or customer holds every word."""
    for word in text.split():
        contracts = contracts.filter(
            Q(number__icontains=word)
            | Q(title__icontains=word)
            | Q(customer__legal_name__icontains=word)
            | Q(customer__number__icontains=word)
        )
    return contracts


def counts_by_state(
    contracts: QuerySet[Contract],
) -> dict[str, tuple[int, list[tuple[Decimal, str]]]]:
    """Return for each state how many contracts there are and their totals by currency."""
    rows = contracts.values("state", "currency").annotate(n=Count("id"), s=Sum("total"))
    counts: dict[str, tuple[int, list[tuple[Decimal, str]]]] = {}
    for row in rows.order_by("state", "currency"):
        number, sums = counts.get(row["state"], (0, []))
        counts[row["state"]] = (number + row["n"], [*sums, (row["s"], row["currency"])])
    return counts


def inbox_of(user: User) -> QuerySet[ContractApproval]:
    """Return the approvals that wait for this user's desks; never for their own contracts."""
    desks = [desk for desk, permission in DESKS.items() if user.may(permission)]
    waiting = ContractApproval.objects.filter(
        state=ContractApproval.PENDING, desk__in=desks, contract__state="in_approval"
    )
    return (
        waiting.exclude(contract__owner=user)
        .select_related("contract__customer")
        .order_by("contract__created_at")
    )


def to_countersign(user: User) -> QuerySet[Contract]:
    """Return approved contracts that this user may countersign now."""
    if not user.may(Permission.COUNTERSIGN_CONTRACTS):
        return Contract.objects.none()
    approved = Contract.objects.filter(state="approved").exclude(owner=user)
    waiting = awaiting_customer(approved, awaits=False)
    return waiting.select_related("customer").order_by("created_at")


def ending_soon(*, on: date) -> QuerySet[Contract]:
    """Return running contracts that end within the first reminder's reach and are not renewed."""
    last = on + timedelta(days=STAGES[0])
    ending = Contract.objects.filter(state="signed", amends=None, ends_on__gt=on, ends_on__lte=last)
    renewals = Contract.objects.filter(renews=OuterRef("pk")).exclude(CAME_TO_NOTHING)
    return ending.exclude(Exists(renewals)).order_by("ends_on")
