"""How a price opens, in words: a trial, free periods, a fee once."""

from decimal import Decimal
from typing import Protocol

from q2c.kernel.rating import plain


class Opens(Protocol):
    """What a price says of its beginning; the fee is in the price's currency."""

    @property
    def trial_days(self) -> int: ...
    @property
    def free_periods(self) -> int: ...
    @property
    def setup_fee(self) -> Decimal: ...
    @property
    def keeps_credits(self) -> bool: ...


def opening_words(price: Opens) -> list[str]:
    """Return a phrase for each thing that the price opens with."""
    words = []
    if days := price.trial_days:
        words.append("1 day on trial" if days == 1 else f"{days} days on trial")
    if periods := price.free_periods:
        words.append("first period free" if periods == 1 else f"first {periods} periods free")
    if price.setup_fee:
        words.append(f"set-up {plain(price.setup_fee)} once")
    if price.keeps_credits:
        words.append("unused credits stay")
    return words
