"""Which policies a quote falls under, and in whose order they are asked."""

from collections.abc import Sequence
from dataclasses import dataclass

from quotes.rules.approval.conditions import Condition
from quotes.rules.approval.facts import QuoteFacts
from quotes.rules.approval.readings import Reading, read


@dataclass(frozen=True, slots=True)
class Step:
    """Who is asked. Stages follow one another; what shares a stage is asked side by side.

    `asks` names a role (`role:legal`), a person (`person:7`) or the owner's manager, one or two
    steps up (`manager:1`). Of several people any one decides, or all must.
    """

    stage: int
    asks: str
    needs_all: bool = False
    remind_after_hours: int | None = None
    escalate_after_hours: int | None = None
    escalate_to: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """Conditions, of which all or any must hold, and the steps that are asked then.

    `counts_options` says that optional lines count also while they are not chosen.
    """

    id: int
    name: str
    conditions: tuple[Condition, ...]
    steps: tuple[Step, ...]
    needs_all: bool = True
    counts_options: bool = False


@dataclass(frozen=True, slots=True)
class Needed:
    """One step of a policy that a quote falls under: whom it asks, why, and what would avoid it."""

    policy_id: int
    policy_name: str
    step: Step
    reason: str
    avoid: str
    readings: tuple[Reading, ...]


def needed(
    policies: Sequence[Policy], facts: QuoteFacts, *, with_options: QuoteFacts | None = None
) -> list[Needed]:
    """Return the approvals that a quote needs, first stage first.

    `with_options` is the quote as if every optional line were chosen, for the policies that look
    at it; None when there is nothing optional.
    """
    found = []
    for policy in policies:
        seen = with_options if policy.counts_options and with_options is not None else facts
        readings = tuple(read(condition, seen) for condition in policy.conditions)
        met = [reading for reading in readings if reading.is_met]
        if len(met) < len(readings) if policy.needs_all else not met:
            continue
        reason, avoid = "; ".join(reading.words for reading in met), _avoiding(policy, met)
        found += [
            Needed(policy.id, policy.name, step, reason, avoid, readings) for step in policy.steps
        ]
    return sorted(found, key=lambda need: need.step.stage)


def _avoiding(policy: Policy, met: Sequence[Reading]) -> str:
    """Return what would free the quote: any one of all conditions, but every one of any."""
    ways = [reading.avoid for reading in met]
    if policy.needs_all:
        return ", or ".join(way for way in ways if way)
    return " and ".join(dict.fromkeys(ways)) if all(ways) else ""
