"""How people choose a proration policy: how parts count, where periods start, what is credited."""

from collections.abc import Iterator, Mapping
from typing import Any

from q2c.kernel.errors import Refused
from q2c.kernel.proration_policy import BASIS_WORDS, Basis, ProrationPolicy

Ways = Mapping[str, tuple[str, dict[str, Any]]]
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


def _by_the_period() -> Iterator[tuple[str, tuple[str, dict[str, Any]]]]:
    for basis in Basis:
        words = BASIS_WORDS[basis]
        if basis is Basis.ACTUAL:
            words += " of the billing period"
        values = {"basis": basis.value, "month_first": False}
        yield basis.value, (words[0].upper() + words[1:], values)


def _on_a_day() -> Iterator[tuple[str, tuple[str, dict[str, Any]]]]:
    for day in range(2, 32):
        words = f"On the {_ordinal(day)} of the month"
        yield f"day-{day}", (words, {"anchor": "day_of_period", "day": day})
    for month in range(2, 13):
        # Years and quarters begin with the financial year; months on the 1st.
        words = f"On 1 {_MONTHS[month - 1]}, quarters and years"
        yield f"month-{month}", (words, {"anchor": "day_of_period", "day": 1, "month": month})


def _ordinal(day: int) -> str:
    ending = "th" if 10 < day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{ending}"


_PARTS: Ways = {
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
    "months_none": ("Only whole months count", {"month_first": True, "partial": "none"}),
    **dict(_by_the_period()),
    "round_up": ("A period begun counts whole", {"month_first": False, "partial": "round_up"}),
    "none": ("Only whole periods count", {"month_first": False, "partial": "none"}),
}
_STARTS: Ways = {
    "anniversary": ("On the day the term starts", {}),
    "february": (
        "On the day the term starts, on the last of February each year",
        {"month_end": "last_of_february"},
    ),
    "calendar": ("On the 1st of the month", {"anchor": "calendar"}),
    "end_of_period": ("On the last day of the month", {"anchor": "end_of_period"}),
    **dict(_on_a_day()),
}
_CREDITS: Ways = {
    "charged_first": ("Whole less the used part", {}),
    "remaining_share": ("The rest by itself", {"credit": "remaining_share"}),
}
# Choices by field, and which names of a stored policy each of them settles.
CHOICES: Mapping[str, Ways] = {
    "billing_starts": _STARTS,
    "billing_parts": _PARTS,
    "billing_credits": _CREDITS,
}
_NAMES = {
    "billing_starts": ("anchor", "day", "month", "month_end"),
    "billing_parts": ("basis", "month_first", "partial"),
    "billing_credits": ("credit",),
}


def options(field: str) -> list[tuple[str, str]]:
    """Return what a field offers, as pairs of key and words."""
    return [(key, words) for key, (words, _) in CHOICES[field].items()]


def chosen(stored: Mapping[str, Any], field: str) -> str:
    """Return which choice of a field a stored policy is; "" for one that only the API makes."""
    policy = ProrationPolicy.from_json(stored)
    for key, (_, values) in CHOICES[field].items():
        other = ProrationPolicy.from_json(values)
        if all(getattr(policy, name) == getattr(other, name) for name in _NAMES[field]):
            return key
    return ""


def in_words(stored: Mapping[str, Any]) -> str:
    """Say a stored policy in the words of the choices; of credits only what is not usual."""
    keys = {field: chosen(stored, field) for field in ("billing_parts", "billing_starts")}
    words = [CHOICES[field][key][0] for field, key in keys.items() if key]
    if (credit := chosen(stored, "billing_credits")) != "charged_first":
        words.append(f"Credits: {CHOICES['billing_credits'][credit][0]}")
    return "; ".join(words) or "a way of its own"


def with_choice(stored: Mapping[str, Any], field: str, key: str) -> dict[str, Any]:
    """Return the stored policy with another choice of a field."""
    if key not in CHOICES[field]:
        raise Refused("Choose one of the ways offered.", field="proration")
    kept = {name: value for name, value in stored.items() if name not in _NAMES[field]}
    return kept | CHOICES[field][key][1]
