"""Bands of quantity: read from rows with a start and an end, and said in words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Any

from q2c.kernel.errors import Refused
from q2c.kernel.rating import NOTHING, ONE, ChargeModel, Tier, plain


@dataclass(frozen=True, slots=True)
class Range:
    """A row of a price table from one quantity to another, both included (None: without end)."""

    start: Decimal
    end: Decimal | None
    unit_price: Decimal
    flat_fee: Decimal = NOTHING
    per: Decimal = ONE

    def __str__(self) -> str:
        start = plain(self.start)
        return f"{start} and more" if self.end is None else f"{start}–{plain(self.end)}"


def bands_from_ranges(rows: Sequence[Range]) -> list[Tier]:
    """Return tiers from rows given in any order; refuses overlaps and gaps, naming both rows.

    Rows meet when one starts a step after the other ends; the step is one in the last decimal
    that any bound shows, so whole numbers meet as “1 to 10, 11 to 20” and 1.6 comes after 1.5.
    """
    for row in rows:
        if row.end is not None and row.end < row.start:
            raise _refused(f"The row {row} ends before it starts.")
    bounds = [bound for row in rows for bound in (row.start, row.end) if bound is not None]
    step = Decimal(1).scaleb(min((_exponent(bound) for bound in bounds), default=0))
    ordered = sorted(rows, key=lambda row: (row.start, row.end is None, row.end or NOTHING))
    if ordered and not NOTHING <= ordered[0].start <= step:
        raise _refused(f"Nothing says what less than {ordered[0]} costs: start at 1.")
    for earlier, later in pairwise(ordered):
        if earlier.end is None or later.start <= earlier.end:
            raise _refused(f"The rows {earlier} and {later} overlap at {plain(later.start)}.")
        if later.start > earlier.end + step:
            raise _refused(
                f"There is a gap between the rows {earlier} and {later}: nothing says what "
                f"{plain(earlier.end + step)} costs."
            )
    return [Tier(row.end, row.unit_price, row.flat_fee, row.per) for row in ordered]


def read_tiers(stored: Sequence[Mapping[str, Any]]) -> list[Tier]:
    """Read tiers as documents store them: numbers as text, no upper limit as null."""
    return [
        Tier(
            up_to=None if tier.get("up_to") in (None, "") else _number(tier["up_to"]),
            unit_price=_number(tier.get("unit_price")),
            flat_fee=_number(tier.get("flat_fee")),
            per=_number(tier.get("per") or ONE),
        )
        for tier in stored
    ]


def _plainly(phrase: str) -> str:
    return phrase


def in_words(
    model: ChargeModel,
    tiers: Sequence[Tier],
    *,
    number: Callable[[Decimal], str] = plain,
    price: Callable[[Decimal], str] = plain,
    say: Callable[[str], str] = _plainly,
) -> list[str]:
    """Say tiers the way a buyer reads them, a phrase each, with numbers written as told.

    `say` puts one of PHRASES into the reader's language.
    """
    if model is ChargeModel.PACKAGE:
        return _package(tiers, number, price, say)
    found, before = [], None
    for tier in tiers:
        if tier.up_to is not None:
            band = say("up to %s") % number(tier.up_to)
        else:
            band = say("any quantity") if before is None else say("above %s") % number(before)
        cost = _cost(model, tier, number, price, say, is_first=before is None)
        found.append(say("%s: %s") % (band, cost))
        before = tier.up_to
    return found


def _package(
    tiers: Sequence[Tier],
    number: Callable[[Decimal], str],
    price: Callable[[Decimal], str],
    say: Callable[[str], str],
) -> list[str]:
    *free, package = [tier for tier in tiers if tier.up_to is not None]
    words = [say("first %s: free") % number(tier.up_to or NOTHING) for tier in free]
    phrase = "each %s begun: %s" if tiers[-1] is package else "each full %s: %s"
    words.append(say(phrase) % (number(package.up_to or NOTHING), price(package.flat_fee)))
    if tiers[-1] is package:
        return words
    rest = tiers[-1].unit_price
    left = say("%s each") % price(rest) if rest else say("free")
    return [*words, say("what is left over: %s") % left]


def _cost(
    model: ChargeModel,
    tier: Tier,
    number: Callable[[Decimal], str],
    price: Callable[[Decimal], str],
    say: Callable[[str], str],
    *,
    is_first: bool,
) -> str:
    each = say("%s each") % price(tier.unit_price)
    if tier.per != ONE:
        each = say("each %s begun: %s") % (number(tier.per), price(tier.unit_price))
    if is_first and model in (ChargeModel.COMMITMENT, ChargeModel.CREDITS):
        fee = price(tier.flat_fee)
        return say("%s, used or not") % fee if tier.flat_fee else say("included")
    if not tier.flat_fee:
        return each
    fee = say("%s in all") % price(tier.flat_fee)
    if not tier.unit_price:
        return fee
    if model is ChargeModel.STAIRSTEP:
        return f"{price(tier.flat_fee)} + {each}"
    return f"{each} + {price(tier.flat_fee)}"


def _number(stored: Any) -> Decimal:
    try:
        return Decimal(str(stored or 0))
    except InvalidOperation:
        raise _refused(f"A tier of its price says “{stored}” where a number belongs.") from None


def _exponent(number: Decimal) -> int:
    exponent = number.normalize().as_tuple().exponent
    return min(exponent, 0) if isinstance(exponent, int) else 0


def _refused(message: str) -> Refused:
    return Refused(message, field="tiers")
