"""What somebody granted once, and whether it covers what is asked now."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from quotes.rules.approval.conditions import NUMBERS, Measure, Operator
from quotes.rules.approval.readings import Reading

_COUNTED = (Measure.PRODUCT, Measure.CATEGORY)


def stored(reading: Reading) -> dict[str, Any]:
    """Return a reading as an approval keeps it: what was measured, not in which words."""
    condition = reading.condition
    return {
        "measure": condition.measure.value,
        "operator": condition.operator.value,
        "of": f"{condition.currency}{condition.product_id or ''}{condition.text}",
        "value": reading.value,
        "limit": "" if condition.limit is None else str(condition.limit),
        "is_met": reading.is_met,
    }


def covers(granted: Sequence[Mapping[str, Any]], asked: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether everything that is asked about now is no worse than what was granted.

    Both are stored readings. What was not measured then was not granted.
    """
    met = [each for each in asked if each["is_met"]]
    return bool(met) and all(
        any(_is_same(each, grant) and is_no_worse(each, grant) for grant in granted) for each in met
    )


def is_no_worse(asked: Mapping[str, Any], granted: Mapping[str, Any]) -> bool:
    """Return whether one measured value is as good as the one granted, or better.

    Less is better where the policy guards against too much, more where it guards against too
    little; texts, ramps and segments must be the very same.
    """
    measure, now, then = Measure(asked["measure"]), asked["value"], granted["value"]
    is_number = measure in NUMBERS or measure in _COUNTED
    if not is_number or not now or not then:
        return bool(now == then)
    if Operator(asked["operator"]) == Operator.BELOW:
        return Decimal(now) >= Decimal(then)
    return Decimal(now) <= Decimal(then)


def _is_same(asked: Mapping[str, Any], granted: Mapping[str, Any]) -> bool:
    return all(asked[name] == granted[name] for name in ("measure", "of")) and (
        (asked["operator"] == "below") == (granted["operator"] == "below")
    )
