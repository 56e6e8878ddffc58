"""Rows pasted from a spreadsheet: product, quantity, discount or price, description."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial

from q2c.kernel.errors import Refused
from q2c.kernel.numbers import read_number

MOST_ROWS = 1000
_Reader = Callable[[str], Decimal]
_HEADINGS = {
    "product": {"sku", "product", "item", "name", "article", "artikel", "produkt"},
    "quantity": {"quantity", "qty", "menge", "anzahl", "quantité", "cantidad"},
    "discount": {"discount", "discount %", "rabatt", "remise", "descuento"},
    "price": {"price", "unit price", "preis", "prix", "precio"},
    "description": {"description", "text", "beschreibung"},
}
_USUAL = ("product", "quantity", "price", "description")
_SYMBOLS = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY"}
_NUMBER = re.compile(r"[−-]?[\d.,'’\s]*\d")


@dataclass(frozen=True, slots=True)
class PastedRow:
    """A row as it is understood, or its `problem`; `number` counts from 1, headings included."""

    number: int
    product: str
    quantity: Decimal = Decimal(1)
    discount_percent: Decimal = Decimal(0)
    unit_price: Decimal | None = None
    description: str = ""
    problem: str = ""


def pasted_rows(text: str, *, currency: str, grouping: str = ",") -> list[PastedRow]:
    """Read rows with tabs or semicolons between their cells; a first row of headings may name them.

    Without headings the third cell is a discount if it ends in %, else a price per unit. Columns
    with other headings are left out; what stands beyond the last column is a problem.
    `grouping` is the mark between thousands where the rows are read.
    """
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if len(lines) > MOST_ROWS:
        raise Refused(f"Paste at most {MOST_ROWS:,} rows at once.", field="text")
    if not lines:
        raise Refused("Paste rows of product, quantity, price or discount.", field="text")
    mark = "\t" if "\t" in text else ";"
    cells = [(number, [cell.strip() for cell in line.split(mark)]) for number, line in lines]
    columns = _columns(cells[0][1])
    if columns is not None:
        cells = cells[1:]
    number_of = partial(read_number, grouping=grouping)
    return [_row(number, row, columns or _USUAL, currency, number_of) for number, row in cells]


def _columns(first: Sequence[str]) -> list[str] | None:
    found = [
        next((name for name, words in _HEADINGS.items() if cell.lower() in words), "")
        for cell in first
    ]
    return found if "product" in found and len(set(found) - {""}) > 1 else None


def _row(
    number: int, cells: Sequence[str], columns: Sequence[str], currency: str, number_of: _Reader
) -> PastedRow:
    named = {name: cell for name, cell in zip(columns, cells, strict=False) if name and cell}
    row = PastedRow(
        number, named.get("product", ""), description=named.get("description", "")[:300]
    )
    if not row.product:
        return replace(row, problem="names no product")
    if beyond := " ".join(filter(None, cells[len(columns) :])):
        return replace(row, problem=f"“{beyond}” stands in no column; name them in a first row")
    try:
        if "quantity" in named:
            row = replace(row, quantity=number_of(named["quantity"]))
        if not 0 < row.quantity <= 10**9:
            raise Refused("a quantity lies above 0 and below a billion")
        price = named.get("price", "")
        discount = named.get("discount") or (price if price.endswith("%") else "")
        if discount:
            row = replace(row, discount_percent=_percent(discount, number_of))
        elif price:
            row = replace(row, unit_price=_price(price, currency, number_of))
    except Refused as refusal:
        return replace(row, problem=refusal.message)
    return row


def _percent(text: str, number_of: _Reader) -> Decimal:
    percent = number_of(text.removesuffix("%"))
    if not 0 <= percent <= 100:
        raise Refused(f"a discount lies between 0 and 100 per cent, not {text}")
    return percent


def _price(text: str, currency: str, number_of: _Reader) -> Decimal:
    found = _NUMBER.search(text)
    if found is None:
        raise Refused(f"“{text}” is not a price")
    beside = (text[: found.start()] + text[found.end() :]).strip()
    code = _SYMBOLS.get(beside, beside.upper())
    if code and code != currency:
        raise Refused(f"“{text}” is in {code}; this quote is in {currency}")
    price = number_of(found[0])
    if price < 0:
        raise Refused("a price cannot be negative")
    return price
