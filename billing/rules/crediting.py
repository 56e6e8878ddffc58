"""How much of an invoice a credit note gives back, to the cent in every tax category."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from billing.rules.invoicing import ZERO, TaxGroup
from q2c.kernel.errors import Refused
from q2c.kernel.money import round_amount


class CreditableLine(NamedTuple):
    """A line of the invoice, and how much of its net earlier credit notes gave back."""

    id: int
    description: str
    category: str
    country: str
    percent: Decimal
    net: Decimal
    credited: Decimal

    @property
    def left(self) -> Decimal:
        return self.net - self.credited


class CreditedTax(NamedTuple):
    """A tax group of the invoice, and what earlier credit notes gave back of it."""

    group: TaxGroup
    taxable: Decimal
    tax: Decimal


def lines_to_credit(
    lines: Sequence[CreditableLine], wanted: Mapping[int, Decimal] | None, *, currency: str
) -> dict[int, Decimal]:
    """Return the net to credit by line: what was asked, or all that is left.

    Refuses more than a line still holds, the wrong sign, fractions of a minor unit, unknown lines,
    and a credit of nothing.
    """
    known = {line.id: line for line in lines}
    if wanted is None:
        chosen = {line.id: line.left for line in lines if line.left}
    else:
        chosen = {pk: net for pk, net in wanted.items() if net}
    for pk, net in chosen.items():
        if pk not in known:
            raise Refused(f"Line {pk} is not on this invoice.", field="lines")
        _check(known[pk], net, currency=currency)
    if not chosen:
        raise Refused(
            "Nothing of this invoice is left to credit."
            if wanted is None or all(not line.left for line in lines)
            else "Enter an amount for at least one line.",
            field="lines",
        )
    return chosen


def taxes_to_credit(
    lines: Sequence[CreditableLine],
    chosen: Mapping[int, Decimal],
    groups: Sequence[CreditedTax],
    *,
    currency: str,
) -> tuple[TaxGroup, ...]:
    """Return the credit note's tax groups: the invoice's, by running totals.

    Each group's tax is what belongs to all net credited so far less what was credited before, so
    that credits of the whole invoice take back exactly its tax, in every category.
    """
    found = []
    for row in groups:
        group = row.group
        net = sum(
            (
                chosen.get(line.id, ZERO)
                for line in lines
                if (line.category, line.country, line.percent) == group[:3]
            ),
            ZERO,
        )
        by_now = row.taxable + net
        if by_now == group.taxable:
            tax = group.tax - row.tax
        else:
            by_now_tax = round_amount(by_now * group.percent / 100, currency)
            # Tax rounded on each line may sum to less than on the whole: never give back more.
            tax = _within(by_now_tax, group.tax) - row.tax
        if net or tax:
            found.append(group._replace(taxable=net, tax=tax))
    return tuple(found)


def _within(tax: Decimal, whole: Decimal) -> Decimal:
    return min(tax, whole) if whole >= 0 else max(tax, whole)


def _check(line: CreditableLine, net: Decimal, *, currency: str) -> None:
    if round_amount(net, currency) != net:
        raise Refused(f"{net} is finer than {currency} allows.", field=f"line-{line.id}")
    if not (0 < net <= line.left if line.net > 0 else line.left <= net < 0):
        raise Refused(
            f"“{line.description}” has {round_amount(line.left, currency)} {currency} left to credit, not {net}.",
            field=f"line-{line.id}",
        )
