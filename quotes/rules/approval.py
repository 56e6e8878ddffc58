"""Which policies a quote passes the limits of, said in the words the approver reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from q2c.kernel.rating import plain


@dataclass(frozen=True, slots=True)
class Policy:
    """A limit in per cent, and the role that must approve what passes it."""

    id: int
    measure: str
    limit_percent: Decimal
    approver_role: str


@dataclass(frozen=True, slots=True)
class Needed:
    """An approval that the quote needs, and why."""

    policy_id: int
    approver_role: str
    reason: str


def approvals_needed(
    policies: Sequence[Policy],
    *,
    discounts: Sequence[tuple[str, Decimal]],
    margin_percent: Decimal | None,
    is_cost_known: bool = True,
) -> list[Needed]:
    """Return the approvals asked for, strictest limit of each role and measure only.

    `discounts` holds each line's label and its combined discount in per cent; a limit itself is
    still allowed. A quote without any fixed price has no margin to judge; one whose costs are not
    known may be below any limit, so it is asked about.
    """
    deepest = max(discounts, key=lambda pair: pair[1], default=("", Decimal(0)))
    needed: dict[tuple[str, str], Needed] = {}
    for policy in sorted(policies, key=lambda p: (p.measure, p.limit_percent)):
        if policy.measure == "discount" and deepest[1] > policy.limit_percent:
            reason = (
                f"Discount of {plain(deepest[1])} % on {deepest[0]} exceeds "
                f"{plain(policy.limit_percent)} %"
            )
        elif policy.measure == "margin" and not is_cost_known:
            reason = "The margin is not known: a product has no cost in this currency"
        elif (
            policy.measure == "margin"
            and margin_percent is not None
            and margin_percent < policy.limit_percent
        ):
            reason = f"Margin of {plain(margin_percent)} % is below {plain(policy.limit_percent)} %"
        else:
            continue
        needed[policy.measure, policy.approver_role] = Needed(
            policy.id, policy.approver_role, reason
        )
    return list(needed.values())
