"""What a price rule does, in a sentence."""

from datetime import timedelta
from decimal import Decimal

from q2c.kernel.discounts import Towards
from q2c.kernel.rating import plain
from quotes.rules.conditions import LABELS
from quotes.rules.price_rules import Combination, Effect, Measure, PriceRule


def in_words(rule: PriceRule) -> str:
    """Say in one sentence what a rule does."""
    when = _conditions(rule)
    parts = [_effect(rule), f"on lines {when}" if when else "on every line"]
    if rule.effect is Effect.MARGIN:
        parts = [f"{_effect(rule)} {parts[1]}"]
    if rule.most_units is not None:
        words = "at most {}" if rule.effect is Effect.FREE else "on the first {} units"
        parts.append(words.format(plain(rule.most_units)))
    if rule.cap is not None:
        parts.append(f"but at most {plain(rule.cap)} {rule.currency} a line and period")
    if rule.coupon:
        parts.append(f"with the coupon {rule.coupon}")
    if rule.starts_on:
        parts.append(f"from {rule.starts_on:%d %b %Y}")
    if rule.ends_on:
        parts.append(f"until {rule.ends_on - timedelta(days=1):%d %b %Y}")
    if rule.effect is not Effect.MARGIN:
        parts.append(_COMBINED[rule.combination])
    return ", ".join(parts) + "."


_COMBINED = {
    Combination.SEQUENTIAL: "of what other rules leave",
    Combination.SUM: "added to the other summed rules of its stage",
    Combination.BEST_OF: "if no other such rule of its stage is better",
    Combination.EXCLUSIVE: "alone in its stage",
}


def _effect(rule: PriceRule) -> str:
    if rule.effect in _TOLD:
        return _TOLD[rule.effect](rule)
    return _SAID[rule.effect].format(value=plain(rule.value), currency=rule.currency)


_SAID = {
    Effect.AMOUNT: "{value} {currency} off a line and period",
    Effect.PRICE: "{value} {currency} a unit and period",
    Effect.UPLIFT: "{value} % on top",
}


def _percent(rule: PriceRule) -> str:
    return f"{plain(rule.value)} % off{' list' if rule.of_list else ''}"


def _markup(rule: PriceRule) -> str:
    least = f", at least {plain(rule.extra)} {rule.currency} a unit" if rule.extra else ""
    return f"Cost plus {plain(rule.value)} %{least}"


def _margin(rule: PriceRule) -> str:
    verb = "Stops the quote" if rule.blocks else "Stops discounts"
    return f"{verb} below a margin of {plain(rule.value)} %"


def _breaks(rule: PriceRule) -> str:
    unit = f" {rule.currency}" if rule.measure is Measure.AMOUNT else ""
    rows = ", ".join(f"{plain(b.percent)} % from {plain(b.least)}{unit}" for b in rule.breaks)
    if rule.is_graduated:
        return f"{rows}, each band its own"
    across = " in all such lines together" if rule.is_across else ""
    return f"{rows}{across}{', with what was bought before' if rule.counts_bought else ''}"


def _free(rule: PriceRule) -> str:
    of = f" of {' or '.join(rule.bought)}" if rule.bought else ""
    return f"{plain(rule.value)} free for every {plain(rule.per_units or Decimal(0))}{of}"


def _rounding(rule: PriceRule) -> str:
    to = {Towards.NEAREST: "the nearest", Towards.UP: "the next", Towards.DOWN: "the last"}
    words = f"The price of a unit rounded to {to[rule.towards]} {plain(rule.value)} {rule.currency}"
    if not rule.extra:
        return words
    sign = "plus" if rule.extra > 0 else "less"
    return f"{words} {sign} {plain(abs(rule.extra))}"


_TOLD = {
    Effect.PERCENT: _percent,
    Effect.MARKUP: _markup,
    Effect.MARGIN: _margin,
    Effect.BREAKS: _breaks,
    Effect.ROUND: _rounding,
    Effect.FREE: _free,
}


def _conditions(rule: PriceRule) -> str:
    words = [f"{LABELS[c.field]} {c.in_words()}" for c in rule.conditions]
    joined = (" or with " if rule.match_any else " and ").join(words)
    return f"with {joined}" if joined else ""
