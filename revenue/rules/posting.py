"""What each business fact does to the accounts: signed amounts by role, debit positive.

Every function returns amounts that sum to zero; zero amounts are left out.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal

# role: code, name, kind. Postings find accounts by their role.
CHART = {
    "bank": ("1000", "Bank", "asset"),
    "clearing": ("1010", "Card clearing", "asset"),
    "receivable": ("1100", "Accounts receivable", "asset"),
    "unapplied": ("2100", "Unapplied cash", "liability"),
    "tax": ("2200", "Tax payable", "liability"),
    "deferred": ("2400", "Deferred revenue", "liability"),
    "revenue_recurring": ("4000", "Revenue from subscriptions", "revenue"),
    "revenue_once": ("4100", "Revenue from goods and services", "revenue"),
    "revenue_usage": ("4200", "Revenue from usage", "revenue"),
}
_REVENUE = {
    "over_time": "revenue_recurring",
    "point_in_time": "revenue_once",
    "as_invoiced": "revenue_usage",
}
DEFERRED_PATTERN = "over_time"

Posting = tuple[str, Decimal]


def revenue_role(pattern: str) -> str:
    """Return the revenue account's role for a revenue pattern."""
    return _REVENUE[pattern]


def for_invoice(
    *, total: Decimal, tax: Decimal, lines: Iterable[tuple[str, Decimal]]
) -> list[Posting]:
    """Invoice: receivable against tax and, line by line, deferred or earned revenue.

    `lines` are (revenue pattern, net). ASC 606-10-45-2: billed before it is earned is a liability.
    """
    sums: dict[str, Decimal] = {}
    for pattern, net in lines:
        role = "deferred" if pattern == DEFERRED_PATTERN else _REVENUE[pattern]
        sums[role] = sums.get(role, Decimal(0)) - net
    return _nonzero([("receivable", total), ("tax", -tax), *sums.items()])


def for_credit_note(
    *, total: Decimal, tax: Decimal, lines: Iterable[tuple[str, Decimal, Decimal]]
) -> list[Posting]:
    """Credit note: the mirror of the invoice; what was earned already comes off revenue now.

    `lines` are (revenue pattern, net, the part of net recognised before), all positive.
    """
    sums: dict[str, Decimal] = {}
    for pattern, net, recognised in lines:
        role = _REVENUE[pattern]
        if pattern == DEFERRED_PATTERN:
            sums["deferred"] = sums.get("deferred", Decimal(0)) + net - recognised
            sums[role] = sums.get(role, Decimal(0)) + recognised
        else:
            sums[role] = sums.get(role, Decimal(0)) + net
    return _nonzero([("receivable", -total), ("tax", tax), *sums.items()])


def for_payment(kind: str, amount: Decimal) -> list[Posting]:
    """Money received: bank or card clearing against unapplied cash."""
    return [(_cash(kind), amount), ("unapplied", -amount)]


def for_application(amount: Decimal) -> list[Posting]:
    """A payment settles an invoice: unapplied cash against the receivable."""
    return [("unapplied", amount), ("receivable", -amount)]


def for_refund(kind: str, amount: Decimal) -> list[Posting]:
    """Money given back: the mirror of its receipt."""
    return [("unapplied", amount), (_cash(kind), -amount)]


def for_recognition(pattern: str, amount: Decimal) -> list[Posting]:
    """What was earned moves from deferred revenue to revenue; negative for credits."""
    return _nonzero([("deferred", amount), (_REVENUE[pattern], -amount)])


def is_balanced(postings: Sequence[Posting]) -> bool:
    return not sum((amount for _, amount in postings), Decimal(0))


def _cash(kind: str) -> str:
    return "clearing" if kind == "card" else "bank"


def _nonzero(postings: list[Posting]) -> list[Posting]:
    return [(role, amount) for role, amount in postings if amount]
