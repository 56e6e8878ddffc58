"""How people choose a proration policy: how parts count, and where billing periods start."""

from collections.abc import Mapping
from typing import Any

from q2c.kernel.errors import Refused
from q2c.kernel.proration_policy import BASIS_WORDS, Basis, ProrationPolicy

_WORDS = {basis: words[0].upper() + words[1:] for basis, words in BASIS_WORDS.items()}
PARTS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "month_first": ("Whole months first, then actual days", {"month_first": True}),
    "months_30": (
        "Whole months first, then days over 30 a month",
        {"month_first": True, "basis": "days_30"},
    ),
    "months_365": (
        "Whole months first, then days over 365 a year",
        {"month_first": True, "basis": "days_365"},
    ),
    "months_round_up": (
        "A month begun counts whole",
        {"month_first": True, "partial": "round_up"},
    ),
    "actual": ("Actual days of the billing period", {"month_first": False}),
    **{
        basis.value: (_WORDS[basis], {"basis": basis.value, "month_first": False})
        for basis in Basis
        if basis is not Basis.ACTUAL
    },
    "round_up": ("A period begun counts whole", {"month_first": False, "partial": "round_up"}),
    "none": ("Only whole periods count", {"month_first": False, "partial": "none"}),
}
STARTS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "anniversary": ("On the day the term starts", {}),
    "calendar": ("On the 1st of the month", {"anchor": "calendar"}),
    "end_of_period": ("On the last day of the month", {"anchor": "end_of_period"}),
    **{
        f"day-{day}": (f"On the {day}th of the month", {"anchor": "day_of_period", "day": day})
        for day in (5, 10, 15, 20, 25)
    },
}
_OF_PARTS = ("basis", "month_first", "partial")
_OF_STARTS = ("anchor", "day", "month")


def parts_of(stored: Mapping[str, Any]) -> str:
    """Return which way of counting parts a stored policy is; "" for one that only the API makes."""
    return _named(stored, PARTS, _OF_PARTS)


def starts_of(stored: Mapping[str, Any]) -> str:
    """Return where a stored policy lets periods start; "" for a day that only the API sets."""
    return _named(stored, STARTS, _OF_STARTS)


def with_parts(stored: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the stored policy with another way of counting parts."""
    return _with(stored, PARTS, _OF_PARTS, name)


def with_starts(stored: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the stored policy with another start of periods."""
    return _with(stored, STARTS, _OF_STARTS, name)


def _named(
    stored: Mapping[str, Any],
    choices: Mapping[str, tuple[str, dict[str, Any]]],
    names: tuple[str, ...],
) -> str:
    own = {name: getattr(ProrationPolicy.from_json(stored), name) for name in names}
    for key, (_, values) in choices.items():
        policy = ProrationPolicy.from_json(values)
        if own == {name: getattr(policy, name) for name in names}:
            return key
    return ""


def _with(
    stored: Mapping[str, Any],
    choices: Mapping[str, tuple[str, dict[str, Any]]],
    names: tuple[str, ...],
    name: str,
) -> dict[str, Any]:
    if name not in choices:
        raise Refused("Choose one of the ways offered.", field="proration")
    kept = {key: value for key, value in stored.items() if key not in names}
    return kept | choices[name][1]
