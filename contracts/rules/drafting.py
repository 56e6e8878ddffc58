"""Which clauses a contract takes, what stands in their blanks, and who must approve."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from q2c.kernel.errors import Refused

CONDITIONS = ("", "auto_renew", "goods", "subscriptions", "usage", "amendment")
FIELDS = (
    "seller_name",
    "customer_name",
    "quote_number",
    "contract_number",
    "currency",
    "total",
    "starts_on",
    "last_day",
    "term_months",
    "notice_days",
    "payment_terms_days",
    "amended_contract",
)
# What an amendment says where its template has no clause for one.
_AMENDMENTS = {
    "en": {
        "title": "Amendment",
        "body": "{{ seller_name }} and {{ customer_name }} change their contract "
        "{{ amended_contract }} from {{ starts_on }} as set out in offer {{ quote_number }}. All "
        "else stays as agreed.",
    },
    "de": {
        "title": "Änderung",
        "body": "{{ seller_name }} und {{ customer_name }} ändern ihren Vertrag "
        "{{ amended_contract }} ab {{ starts_on }} wie im Angebot {{ quote_number }} beschrieben. "
        "Alles andere bleibt wie vereinbart.",
    },
    "fr": {
        "title": "Avenant",
        "body": "{{ seller_name }} et {{ customer_name }} modifient leur contrat "
        "{{ amended_contract }} à compter du {{ starts_on }}, comme indiqué dans l’offre "
        "{{ quote_number }}. Les autres dispositions demeurent inchangées.",
    },
    "es": {
        "title": "Modificación",
        "body": "{{ seller_name }} y {{ customer_name }} modifican su contrato "
        "{{ amended_contract }} a partir del {{ starts_on }} según la oferta {{ quote_number }}. "
        "Todo lo demás se mantiene como se acordó.",
    },
}
_BLANK = re.compile(r"\{\{\s*([a-z_]+)\s*\}\}")


@dataclass(frozen=True, slots=True)
class Policy:
    """When legal must approve besides finance. Amounts in `currency`."""

    currency: str
    legal_from_total: Decimal | None
    legal_from_months: int | None


@dataclass(frozen=True, slots=True)
class Wording:
    """One clause as a contract prints it: a version's words in one language, and when.

    `version_id` is None for words that are not of the library.
    """

    title: str
    body: str
    when: str = ""
    version_id: int | None = None


def check_condition(when: str, *, number: int) -> None:
    """Refuse a condition that no contract could meet."""
    if when not in CONDITIONS:
        raise Refused(f"Clause {number} has an unknown condition.", field="clauses")


def blanks_of(body: str) -> set[str]:
    """Return the names of the blanks in a text."""
    return set(_BLANK.findall(body))


def filled(body: str, values: Mapping[str, str]) -> str:
    """Return a text with its blanks filled from `values` alone."""
    return _BLANK.sub(lambda m: values[m[1]], body)


def draw_up(
    wordings: Sequence[Wording], *, facts: frozenset[str], values: Mapping[str, str]
) -> list[Wording]:
    """Return the clauses whose condition holds, their blanks filled."""
    return [
        replace(wording, body=filled(wording.body, values))
        for wording in wordings
        if not wording.when or wording.when in facts
    ]


def draw_up_amendment(
    wordings: Sequence[Wording],
    *,
    facts: frozenset[str],
    values: Mapping[str, str],
    language: str,
) -> list[Wording]:
    """Return an amendment's text: the template's clauses for one, or a plain one of our own."""
    own = [replace(one, when="") for one in wordings if one.when == "amendment"]
    words = _AMENDMENTS.get(language, _AMENDMENTS["en"])
    plain = Wording(words["title"], words["body"])
    return draw_up(own or [plain], facts=facts, values=values)


def desks_for(
    policies: Sequence[Policy], *, total: Decimal, currency: str, term_months: int
) -> dict[str, str]:
    """Return the desks that must approve, each with its reason: finance always, legal by policy."""
    desks = {"finance": "Finance approves every contract"}
    for policy in policies:
        by_total = policy.legal_from_total
        if by_total is not None and policy.currency == currency and total >= by_total:
            desks["legal"] = f"Total of {total:,.2f} {currency} reaches {by_total:,.2f}"
        by_term = policy.legal_from_months
        if by_term is not None and term_months >= by_term:
            desks["legal"] = f"Term of {term_months} months reaches {by_term}"
    return desks


def words_about(deviations: Sequence[str]) -> str:
    """Say why legal is asked about a text; names only as many clauses as the reason has room for."""
    words = f"Text deviates from the library: {', '.join(deviations)}"
    return words if len(words) <= 200 else f"{words[:199]}…"


def text_hash(number: str, body: Sequence[Mapping[str, str]], quote_hash: str) -> str:
    """Return the SHA-256 of a contract's text and of the offer it belongs to."""
    text = json.dumps([number, list(body), quote_hash], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
