"""Which clauses a contract takes, what stands in their blanks, and who must approve."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
_AMENDMENT = {
    "title": "Amendment",
    "body": "{{ seller_name }} and {{ customer_name }} change their contract {{ amended_contract }} "
    "from {{ starts_on }} as set out in offer {{ quote_number }}. All else stays as agreed.",
}
_BLANK = re.compile(r"\{\{\s*([a-z_]+)\s*\}\}")


@dataclass(frozen=True, slots=True)
class Policy:
    """When legal must approve besides finance. Amounts in `currency`."""

    currency: str
    legal_from_total: Decimal | None
    legal_from_months: int | None


def check_clauses(clauses: Sequence[Mapping[str, str]]) -> None:
    """Refuse clauses without a title or text, with an unknown condition or an unknown blank."""
    if not clauses:
        raise Refused("A template needs at least one clause.", field="clauses")
    for number, clause in enumerate(clauses, start=1):
        if not clause.get("title", "").strip() or not clause.get("body", "").strip():
            raise Refused(f"Clause {number} needs a title and a text.", field="clauses")
        if clause.get("when", "") not in CONDITIONS:
            raise Refused(f"Clause {number} has an unknown condition.", field="clauses")
        if unknown := set(_BLANK.findall(clause["body"])) - set(FIELDS):
            raise Refused(
                f"Clause {number} names {{{{ {min(unknown)} }}}}, which no contract has. "
                f"Known: {', '.join(FIELDS)}.",
                field="clauses",
            )


def draw_up(
    clauses: Sequence[Mapping[str, str]], *, facts: frozenset[str], values: Mapping[str, str]
) -> list[dict[str, str]]:
    """Return the clauses whose condition holds, their blanks filled from `values` alone."""
    return [
        {"title": clause["title"], "body": _BLANK.sub(lambda m: values[m[1]], clause["body"])}
        for clause in clauses
        if not clause.get("when") or clause["when"] in facts
    ]


def draw_up_amendment(
    clauses: Sequence[Mapping[str, str]], *, facts: frozenset[str], values: Mapping[str, str]
) -> list[dict[str, str]]:
    """Return an amendment's text: the template's clauses for one, or a plain one of our own."""
    own = [{**clause, "when": ""} for clause in clauses if clause.get("when") == "amendment"]
    return draw_up(own or [_AMENDMENT], facts=facts, values=values)


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


def text_hash(number: str, body: Sequence[Mapping[str, str]], quote_hash: str) -> str:
    """Return the SHA-256 of a contract's text and of the offer it belongs to."""
    text = json.dumps([number, list(body), quote_hash], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
