"""Whether an invoice line says what the accepted quote's billing schedule says."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from billing.rules.charging import net_until
from billing.rules.due import Slice
from q2c.kernel.errors import Refused
from q2c.kernel.rating import ChargeKind, plain


class Agreed(NamedTuple):
    """An agreed charge of a period [start, end); from `released_on` it is not owed any more."""

    charge_id: int
    start: date
    end: date
    net: Decimal
    released_on: date | None


Agreements = Mapping[int, Mapping[date, Agreed]]


def by_charge(rows: Iterable[Agreed]) -> Agreements:
    """Return agreed charges by charge and first day."""
    found: dict[int, dict[date, Agreed]] = {}
    for row in rows:
        found.setdefault(row.charge_id, {})[row.start] = row
    return found


def check_agreed(found: Slice, agreements: Agreements) -> None:
    """Refuse a line that differs from what was agreed; a charge without a schedule passes.

    A period that a termination or an amendment cut short may cost less, never more. Of usage the
    schedule holds the fee that is due without use too: an invoice may say more, never less. What
    lies beyond the agreed term is not in the schedule: of a period that goes on beyond its end,
    because the subscription renews itself, the days of the term cost what was agreed for them.
    """
    rows = agreements.get(found.charge.id)
    if not rows or found.revision:
        return
    row = rows.get(found.start)
    if row is None:
        if found.start < max(other.end for other in rows.values()):
            raise Refused(_words(found, "nothing was agreed for these days"))
        return
    if not _fits(found, row, rows.values()):
        until = row.end - timedelta(days=1)
        raise Refused(_words(found, f"agreed is {plain(row.net)} until {until:%d %b %Y}"))


def _fits(found: Slice, row: Agreed, rows: Iterable[Agreed]) -> bool:
    is_usage = found.charge.charge_kind == ChargeKind.USAGE
    if found.end < row.end:
        return row.released_on == found.end and (is_usage or found.net <= row.net)
    if found.end > row.end and (row.released_on or row.end < max(other.end for other in rows)):
        return False
    net = found.net if found.end == row.end or is_usage else net_until(found, row.end)
    return net == row.net or (is_usage and net > row.net)


def _words(found: Slice, agreed: str) -> str:
    charge, last = found.charge, found.end - timedelta(days=1)
    return (
        f"{charge.description}, {found.start:%d %b %Y} to {last:%d %b %Y}: the invoice would say "
        f"{plain(found.net)} {charge.currency}, but {agreed}. Only an accepted amendment changes "
        "what was agreed."
    )
