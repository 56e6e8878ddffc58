"""Inputs of the product form that hold more than one value."""
# ruff: noqa: ARG002  the arguments are those of Django's widgets

from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.template.loader import render_to_string

_BLANK_ROWS = 3


class AttributeRows(forms.Widget):
    """Rows of a name and a value; some stay blank to be filled."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[dict[str, str]]:
        names, values = data.getlist(f"{name}-name"), data.getlist(f"{name}-value")
        return [{"name": n, "value": v} for n, v in zip(names, values, strict=False)]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return f"{name}-name" not in data

    def id_for_label(self, id_: str) -> str:
        return f"{id_}-1"

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> Any:
        kept = [pair for pair in value or [] if pair["name"] or pair["value"]]
        rows = [*kept, *({"name": "", "value": ""} for _ in range(_BLANK_ROWS))]
        context = {"name": name, "id": (attrs or {}).get("id", name), "rows": rows}
        return render_to_string("catalog/_attribute_rows.html", context)


class Translations(forms.Widget):
    """A name and a description for each language."""

    def value_from_datadict(
        self, data: Mapping[str, Any], files: Any, name: str
    ) -> dict[str, dict[str, str]]:
        return {
            code: {
                part: data.get(f"{name}-{code}-{part}", "").strip()
                for part in ("name", "description")
            }
            for code, _ in settings.LANGUAGES
        }

    def id_for_label(self, id_: str) -> str:
        return f"{id_}-{settings.LANGUAGES[0][0]}-name"

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> Any:
        rows = [(code, label, (value or {}).get(code, {})) for code, label in settings.LANGUAGES]
        context = {"name": name, "id": (attrs or {}).get("id", name), "rows": rows}
        return render_to_string("catalog/_translations.html", context)
