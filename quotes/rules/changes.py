"""What changed between two sealed contents, line by line."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from quotes.rules.billing_terms import in_words

# Computed from the others, or mere order: they would say a change twice.
_SILENT = ("position", "net_per_period", "version", "number", "combined_discount_percent")


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: `where` is a line's description or empty for the terms.

    A line that came has no `before`, one that went no `after`; both are canonical values.
    """

    where: str
    what: str
    before: str
    after: str


def changes_between(before: str, after: str) -> list[Change]:
    """Return what differs between two canonical texts, terms first, then lines in their order.

    Lines are the same when they offer the same product under the same words; of several such, the
    first stands for the first. A renamed line is found by its product.
    """
    old, new = json.loads(before), json.loads(after)
    found = _fields("", old["header"], new["header"])
    pairs, came, gone = _paired(old["lines"], new["lines"])
    for then, now in pairs:
        found += _fields(str(now["description"]), then, now)
    found += [Change(_name(line), "line", "", _offer(line)) for line in came]
    return [*found, *(Change(_name(line), "line", _offer(line), "") for line in gone)]


def _fields(where: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    names = [*new, *(name for name in old if name not in new)]
    return [
        Change(where, name, before, after)
        for name in names
        if name not in _SILENT
        and (before := _said(name, old.get(name))) != (after := _said(name, new.get(name)))
    ]


_Line = dict[str, Any]
_Lines = list[_Line]


def _paired(old: _Lines, new: _Lines) -> tuple[list[tuple[_Line, _Line]], _Lines, _Lines]:
    left, came = list(old), _Lines()
    pairs: list[tuple[_Line, _Line]] = []
    for names in (("product_id", "description", "starts_on"), ("product_id", "description")):
        for line in [each for each in new if not any(each is now for _, now in pairs)]:
            if match := _first(left, line, names):
                left.remove(match)
                pairs.append((match, line))
    for line in [each for each in new if not any(each is now for _, now in pairs)]:
        match = _first(left, line, ("product_id",)) if line.get("product_id") else None
        if match:
            left.remove(match)
            pairs.append((match, line))
        else:
            came.append(line)
    order = {id(line): place for place, line in enumerate(new)}
    return sorted(pairs, key=lambda pair: order[id(pair[1])]), came, left


def _first(lines: _Lines, line: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any] | None:
    return next((x for x in lines if all(x.get(n) == line.get(n) for n in names)), None)


def _name(line: Mapping[str, Any]) -> str:
    return str(line["description"])


def _offer(line: Mapping[str, Any]) -> str:
    discount = line.get("discount_percent") or "0"
    off = "" if discount == "0" else f", −{discount} %"
    return f"{line['quantity']} × {line['list_unit_price']}{off}"


def _said(name: str, value: Any) -> str:
    if name == "proration" and isinstance(value, dict):
        # What says nothing of months was sealed when they did not come first by default.
        return in_words({"month_first": None, **value})
    return _say(value)


def _say(value: Any) -> str:
    if value is None or value == [] or value == {}:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
