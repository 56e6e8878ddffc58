"""What a document's line is called in a language."""

from collections.abc import Mapping
from typing import Protocol


class Named(Protocol):
    """Something sold: its name, and by language what it is called elsewhere."""

    @property
    def name(self) -> str: ...
    @property
    def translations(self) -> Mapping[str, Mapping[str, str]]: ...


def name_in(description: str, product: Named | None, language: str) -> str:
    """Return how a document's line reads in a language.

    A product's name, in whichever language the line carries it, becomes that of this language;
    words that a seller wrote themselves stay as they are.
    """
    if product is None:
        return description
    known = {texts.get("name") for texts in product.translations.values()} | {product.name}
    if description not in known:
        return description
    return product.translations.get(language, {}).get("name") or product.name
