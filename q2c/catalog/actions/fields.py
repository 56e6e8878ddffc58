"""What a product's own fields may hold."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings

from q2c.catalog.models import ProductKind, RevenuePattern, TaxClass
from q2c.kernel.errors import Refused

FIELDS = (
    "sku", "name", "description", "kind", "category", "unit", "tax_class", "revenue_pattern",
    "attributes", "translations", "min_margin_percent", "starts_on", "ends_on", "is_active",
)  # fmt: skip
_SKU = re.compile(r"[A-Z0-9][A-Z0-9._-]{0,39}")
_LONGEST = {"name": 200, "unit": 20, "description": 10_000, "category": 100}
_MOST_ATTRIBUTES = 50
_CHOICES: dict[str, tuple[type[Any], str]] = {
    "kind": (ProductKind, "Choose what kind of product this is."),
    "tax_class": (TaxClass, "Choose one of the tax classes."),
    "revenue_pattern": (RevenuePattern, "Choose when the price is earned."),
}


def checked_fields(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields trimmed and in one spelling; refuses what a product cannot hold."""
    assert set(values) <= set(FIELDS), f"not a product's field: {set(values) - set(FIELDS)}"
    checked: dict[str, Any] = {
        name: value.strip() if isinstance(value, str) else value for name, value in values.items()
    }
    _check_texts(checked)
    for name in _CHOICES.keys() & checked.keys():
        choices, words = _CHOICES[name]
        if checked[name] not in choices.values:
            raise Refused(words, field=name)
    if "sku" in checked:
        checked["sku"] = _checked_sku(checked["sku"])
    floor = checked.get("min_margin_percent")
    if floor is not None and not 0 <= floor <= 100:
        raise Refused("A margin lies between 0 and 100 per cent.", field="min_margin_percent")
    if "attributes" in checked:
        checked["attributes"] = _checked_attributes(checked["attributes"])
    if "translations" in checked:
        checked["translations"] = _checked_translations(checked["translations"])
    return checked


def _check_texts(values: Mapping[str, Any]) -> None:
    for name, longest in _LONGEST.items():
        if len(values.get(name, "")) > longest:
            raise Refused(f"At most {longest} characters, please.", field=name)
    for name in {"name", "unit"} & values.keys():
        if not values[name]:
            raise Refused("This is needed.", field=name)


def _checked_sku(text: str) -> str:
    sku = text.upper()
    if not _SKU.fullmatch(sku):
        raise Refused(
            "A SKU is up to 40 letters, digits, dots, dashes and underscores.", field="sku"
        )
    return sku


def _checked_attributes(pairs: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """Keep the pairs in order; rows with neither name nor value are left out."""
    kept: list[dict[str, str]] = []
    names: set[str] = set()
    for pair in pairs:
        name, value = pair["name"].strip(), pair["value"].strip()
        if not name and not value:
            continue
        if not name or not value:
            raise Refused("Each attribute has a name and a value.", field="attributes")
        if len(name) > 60 or len(value) > 200:
            words = "A name has at most 60 characters, a value at most 200."
            raise Refused(f"{name[:60]}: {words}", field="attributes")
        if name.casefold() in names:
            raise Refused(f"“{name}” stands there twice; keep one of them.", field="attributes")
        names.add(name.casefold())
        kept.append({"name": name, "value": value})
    if len(kept) > _MOST_ATTRIBUTES:
        raise Refused(f"At most {_MOST_ATTRIBUTES} attributes, please.", field="attributes")
    return kept


def _checked_translations(given: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """Keep the texts by language; empty ones are left out."""
    known = dict(settings.LANGUAGES)
    kept: dict[str, dict[str, str]] = {}
    for code, texts in given.items():
        if code not in known:
            words = f"“{code}” is none of our languages: {', '.join(known)}."
            raise Refused(words, field="translations")
        filled = {name: text.strip() for name, text in texts.items() if text.strip()}
        for name, text in filled.items():
            if name not in ("name", "description"):
                raise Refused("A name and a description are translated.", field="translations")
            if len(text) > _LONGEST[name]:
                words = f"{known[code]}: at most {_LONGEST[name]} characters, please."
                raise Refused(words, field="translations")
        if filled:
            kept[code] = filled
    return kept
