"""From what is due to the document: one invoice a customer, currency and legal entity."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple, Protocol

from billing.rules.due import Slice
from q2c.kernel.errors import Refused
from q2c.kernel.money import round_amount
from q2c.kernel.tax import TaxRounding, tax_on

ZERO = Decimal(0)


def price_of_part(net: Decimal, part: Decimal, *, of: Decimal, currency: str) -> Decimal:
    """Return what some of a quantity cost of the price of all, rounded half up; none of none is 0.

    Parts cost the difference of two such totals, so that together they cost the price.
    """
    return round_amount(net * part / of, currency) if of else ZERO


class LineTax(Protocol):
    """The tax of a line, as the tax table decides it."""

    @property
    def category(self) -> str: ...
    @property
    def country(self) -> str: ...
    @property
    def percent(self) -> Decimal: ...
    @property
    def note(self) -> str: ...


class DraftLine(NamedTuple):
    """A line and the tax it carries."""

    slice: Slice
    tax: LineTax


class TaxGroup(NamedTuple):
    """The tax of one category and rate on its lines."""

    category: str
    country: str
    percent: Decimal
    taxable: Decimal
    tax: Decimal
    note: str


class Draft(NamedTuple):
    """An invoice that has no number yet."""

    customer_id: int
    legal_entity_id: int
    currency: str
    contract_id: int | None
    issued_on: date
    due_on: date
    net: Decimal
    tax: Decimal
    total: Decimal
    lines: tuple[DraftLine, ...]
    taxes: tuple[TaxGroup, ...]


def drafts(
    due: Iterable[Slice],
    *,
    on: date,
    tax_of: Callable[[Slice], LineTax],
    roundings: Mapping[int, TaxRounding],
) -> list[Draft]:
    """Make one customer's invoices dated `on`, one for each legal entity and currency.

    `roundings` says by legal entity where tax is rounded.

    Lines that all cost nothing make no invoice. Refuses when adjustments exceed the charges: they
    stay due and go with the next invoice that covers them.
    """
    groups: dict[tuple[int, str], list[Slice]] = {}
    for found in due:
        charge = found.charge
        groups.setdefault((charge.legal_entity_id, charge.currency), []).append(found)
    return [
        _draft(group, on=on, tax_of=tax_of, rounding=roundings[entity_id])
        for (entity_id, _), group in groups.items()
        if any(found.net for found in group)
    ]


def tax_groups(
    lines: Sequence[tuple[Decimal, LineTax]],
    *,
    currency: str,
    rounding: TaxRounding = TaxRounding.DOCUMENT,
) -> tuple[TaxGroup, ...]:
    """Sum net amounts by tax category, country and rate, and round the tax.

    Half up to the minor unit of `currency`, once for each group as EN 16931 BR-CO-17 has it, or on
    each line.
    """
    nets: dict[tuple[str, str, Decimal], list[Decimal]] = {}
    notes: dict[tuple[str, str, Decimal], str] = {}
    for net, tax in lines:
        key = (tax.category, tax.country, tax.percent)
        nets.setdefault(key, []).append(net)
        notes[key] = tax.note
    return tuple(
        TaxGroup(
            *key,
            sum(group, ZERO),
            tax_on(group, key[2], currency=currency, rounding=rounding),
            notes[key],
        )
        for key, group in nets.items()
    )


def _draft(
    group: list[Slice], *, on: date, tax_of: Callable[[Slice], LineTax], rounding: TaxRounding
) -> Draft:
    first = group[0].charge
    taxed = [(found, tax_of(found)) for found in group]
    taxes = tax_groups(
        [(found.net, tax) for found, tax in taxed], currency=first.currency, rounding=rounding
    )
    net = sum((found.net for found in group), ZERO)
    tax_total = sum((row.tax for row in taxes), ZERO)
    if net + tax_total < 0:
        raise Refused(
            f"The adjustments exceed the charges by {-net} {first.currency}, so there is nothing "
            "to invoice. They stay due and reduce the next invoice that covers them."
        )
    contracts = {found.charge.contract_id for found in group}
    # Lines of several contracts share an invoice, and none falls due before its contract says.
    days = max(found.charge.payment_terms_days for found in group)
    return Draft(
        first.customer_id,
        first.legal_entity_id,
        first.currency,
        contracts.pop() if len(contracts) == 1 else None,
        on,
        on + timedelta(days=days),
        net,
        tax_total,
        net + tax_total,
        tuple(DraftLine(found, tax) for found, tax in taxed),
        taxes,
    )
