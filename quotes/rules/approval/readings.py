"""What a condition finds on a quote: the value, in words, and what would avoid it."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_UP, Decimal

from q2c.kernel.money import minor_digits, round_amount
from q2c.kernel.rating import plain
from quotes.rules.approval.conditions import Condition, Measure, Operator
from quotes.rules.approval.facts import HUNDRED, LineFacts, QuoteFacts, quantity_of
from quotes.rules.limits import Limit

_FINE = Decimal("0.01")
_NAMED_LINES = 3
_MOST = Decimal(1000)
_UNITS = {
    Measure.TERM: ("A term", "months"),
    Measure.PAYMENT_TERMS: ("A payment term", "days"),
    Measure.FREE_MONTHS: ("A free time", "months"),
}


@dataclass(frozen=True, slots=True)
class Reading:
    """One condition held against one quote.

    `value` is what was measured (a number without trailing zeros, or the words themselves; empty
    when it is not known); `avoid` what would keep the condition from holding, empty if nothing.
    """

    condition: Condition
    value: str
    is_met: bool
    words: str = ""
    avoid: str = ""


def read(condition: Condition, facts: QuoteFacts) -> Reading:
    """Hold one condition against a quote."""
    return _READ[condition.measure](condition, facts)


def _line_discount(condition: Condition, facts: QuoteFacts) -> Reading:
    line, limit = facts.deepest, _limit(condition)
    if line is None:
        return Reading(condition, "", is_met=False)
    value = line.discount_percent
    if not _passes(condition, value):
        return Reading(condition, plain(value), is_met=False)
    words = f"Discount of {plain(value)} % on “{line.label}” {_than(condition)} {plain(limit)} %"
    if condition.operator == Operator.BELOW:
        return _met(condition, value, words, f"a discount of {plain(limit)} %")
    most = limit if condition.operator == Operator.ABOVE else limit - _FINE
    return _met(condition, value, words, _shallower(condition, facts, most))


def _shallower(condition: Condition, facts: QuoteFacts, most: Decimal) -> str:
    """Return the discounts that would do; the quote's own, where the lines' cannot."""
    if most < 0:
        return ""
    if facts.header_percent > most:
        return f"a discount of at most {plain(most)} % on the whole, and none beside it"
    deep = [line for line in facts.lines if _passes(condition, line.discount_percent)]
    if len(deep) > _NAMED_LINES:
        least = min(_own_limit(line, facts, most) for line in deep)
        if least < 0:
            return f"prices at most {plain(most)} % below list on {len(deep)} lines"
        return f"a discount of at most {plain(least)} % on {len(deep)} lines"
    return " and ".join(_shallow(line, facts, most) for line in deep)


def _shallow(line: LineFacts, facts: QuoteFacts, most: Decimal) -> str:
    own = _own_limit(line, facts, most)
    if line.is_agreed or own < 0:
        beside = "" if line.is_agreed else ", which price rules alone go below"
        return f"a price at most {plain(most)} % below list for “{line.label}”{beside}"
    return f"a discount of at most {plain(own)} % on “{line.label}”"


def _own_limit(line: LineFacts, facts: QuoteFacts, most: Decimal) -> Decimal:
    """Return how much the line itself may take off so that all together stay within `most`.

    It is negative where what stands beside it, price rules and the quote's own discount, takes more.
    """
    if line.own_percent < HUNDRED:
        rest = (HUNDRED - line.discount_percent) / (HUNDRED - line.own_percent)
    else:
        rest = (HUNDRED - facts.header_percent) / HUNDRED
    if not rest:
        return Decimal(-1)
    own = HUNDRED - (HUNDRED - most) / rest
    return own.quantize(_FINE, rounding=ROUND_DOWN if own >= 0 else ROUND_UP)


def _quote_discount(condition: Condition, facts: QuoteFacts) -> Reading:
    value, limit = facts.discount_percent, _limit(condition)
    if value is None or not _passes(condition, value):
        return Reading(condition, "" if value is None else plain(value), is_met=False)
    words = f"Discount of {plain(value)} % on the whole quote {_than(condition)} {plain(limit)} %"
    if condition.operator == Operator.BELOW:
        return _met(condition, value, words, f"a discount of {plain(limit)} %")
    most = limit if condition.operator == Operator.ABOVE else limit - _FINE
    total = facts.list_total * (HUNDRED - most) / HUNDRED
    return _met(condition, value, words, _total_of_at_least(total, facts))


def _margin(condition: Condition, facts: QuoteFacts) -> Reading:
    value, limit = facts.margin_percent, _limit(condition)
    if facts.cost_total is None:
        words = "The margin is not known: a product has no cost in this currency"
        known = f"a known cost in {facts.currency} for every product"
        is_met = condition.operator == Operator.BELOW
        return Reading(condition, "", is_met, *((words, known) if is_met else ("", "")))
    if value is None or not _passes(condition, value):
        return Reading(condition, "" if value is None else plain(value), is_met=False)
    words = f"Margin of {plain(value)} % {_than(condition)} {plain(limit)} %"
    avoid = ""
    if condition.operator == Operator.BELOW and limit < HUNDRED and facts.cost_total > 0:
        total = facts.cost_total * HUNDRED / (HUNDRED - limit)
        avoid = _total_of_at_least(total, facts)
    return _met(condition, value, words, avoid)


def _below(condition: Condition, facts: QuoteFacts) -> Reading:
    """Hold a condition against the line that lies furthest below a limit; unknown goes first."""
    is_floor = condition.measure == Measure.UNDER_FLOOR
    limit = Limit.FLOOR if is_floor else Limit.MARGIN
    found = [(x, line) for line in facts.lines for x in line.below if x.limit is limit]
    if not found:
        return Reading(condition, "0", is_met=False)
    below, line = max(found, key=lambda each: _MOST if each[0].by is None else each[0].by)
    if below.by is None:
        is_met = condition.operator != Operator.BELOW
        words = f"“{line.label}”: {below.words}" if is_met else ""
        known = f"a known cost in {facts.currency} of “{line.label}”" if is_met else ""
        return Reading(condition, "", is_met, words, known)
    if not _passes(condition, below.by):
        return Reading(condition, plain(below.by), is_met=False)
    avoid = f"a price of “{line.label}” at its {'floor' if is_floor else 'minimum margin'} or above"
    return _met(condition, below.by, f"“{line.label}”: {below.words}", avoid)


def _total_of_at_least(total: Decimal, facts: QuoteFacts) -> str:
    step = Decimal(1).scaleb(-minor_digits(facts.currency))
    least = total.quantize(step, rounding=ROUND_UP)
    return f"a contract total of at least {_money(least, facts.currency)}"


def _amount(condition: Condition, facts: QuoteFacts) -> Reading:
    is_contract = condition.measure == Measure.CONTRACT_TOTAL
    value = facts.contract_total if is_contract else facts.monthly_total
    name, limit = ("Contract total" if is_contract else "Monthly total"), _limit(condition)
    is_same = condition.currency == facts.currency
    if not is_same or not _passes(condition, value):
        return Reading(condition, plain(value) if is_same else "", is_met=False)
    code = facts.currency
    words = f"{name} of {_money(value, code)} {_than(condition)} {_money(limit, code)}"
    avoid = f"a {name.lower()} of {_inside(condition)} {_money(limit, code)}"
    return _met(condition, value, words, avoid)


def _count(condition: Condition, facts: QuoteFacts) -> Reading:
    name, unit = _UNITS[condition.measure]
    number = {
        Measure.TERM: facts.term_months,
        Measure.PAYMENT_TERMS: facts.payment_terms_days,
        Measure.FREE_MONTHS: facts.free_months,
    }[condition.measure]
    value, limit = Decimal(number), _limit(condition)
    if not _passes(condition, value):
        return Reading(condition, plain(value), is_met=False)
    words = f"{name} of {plain(value)} {unit} {_than(condition)} {plain(limit)} {unit}"
    avoid = f"{name.lower()} of {_inside(condition)} {plain(limit)} {unit}"
    return _met(condition, value, words, avoid)


def _products(condition: Condition, facts: QuoteFacts) -> Reading:
    if condition.measure == Measure.PRODUCT:
        found = [line for line in facts.lines if line.product_id == condition.product_id]
        what = f"“{found[0].label}”" if found else ""
    else:
        wanted = condition.text.casefold()
        found = [line for line in facts.lines if line.category.casefold() == wanted]
        what = f"products of the category “{condition.text}”"
    if not found:
        return Reading(condition, "0", is_met=False)
    words = f"The quote holds {what}"
    return _met(condition, quantity_of(found), words, f"a quote without {what}")


def _text(condition: Condition, facts: QuoteFacts) -> Reading:
    text = condition.text.casefold()
    match condition.measure:
        case Measure.OWN_TEXT:
            value, words, avoid = facts.own_text, "Text of its own", "no text of its own"
            if condition.operator == Operator.CONTAINS:
                words, avoid = f"Its text says “{condition.text}”", "other words in its text"
        case Measure.RAMP:
            value, words, avoid = facts.ramp, "A ramp over the term", "one price over the term"
        case _:
            value, words, avoid = facts.segment, f"Customer segment “{condition.text}”", ""
    is_met = bool(value) and (not text or text in value.casefold())
    if condition.measure == Measure.SEGMENT:
        is_met = value.casefold() == text
    return Reading(
        condition,
        value,
        is_met=is_met,
        words=words if is_met else "",
        avoid=avoid if is_met else "",
    )


_READ: dict[Measure, Callable[[Condition, QuoteFacts], Reading]] = {
    Measure.LINE_DISCOUNT: _line_discount,
    Measure.QUOTE_DISCOUNT: _quote_discount,
    Measure.MARGIN: _margin,
    Measure.CONTRACT_TOTAL: _amount,
    Measure.MONTHLY_TOTAL: _amount,
    Measure.TERM: _count,
    Measure.PAYMENT_TERMS: _count,
    Measure.FREE_MONTHS: _count,
    Measure.UNDER_FLOOR: _below,
    Measure.UNDER_MARGIN: _below,
    Measure.PRODUCT: _products,
    Measure.CATEGORY: _products,
    Measure.OWN_TEXT: _text,
    Measure.RAMP: _text,
    Measure.SEGMENT: _text,
}


def _met(condition: Condition, value: Decimal, words: str, avoid: str) -> Reading:
    return Reading(condition, plain(value), is_met=True, words=words, avoid=avoid)


def _limit(condition: Condition) -> Decimal:
    assert condition.limit is not None, "a number is compared with its limit"
    return condition.limit


def _passes(condition: Condition, value: Decimal) -> bool:
    limit = _limit(condition)
    if condition.operator == Operator.ABOVE:
        return value > limit
    return value >= limit if condition.operator == Operator.AT_LEAST else value < limit


def _than(condition: Condition) -> str:
    if condition.operator == Operator.ABOVE:
        return "exceeds"
    return "reaches" if condition.operator == Operator.AT_LEAST else "is below"


def _inside(condition: Condition) -> str:
    if condition.operator == Operator.ABOVE:
        return "at most"
    return "less than" if condition.operator == Operator.AT_LEAST else "at least"


def _money(amount: Decimal, currency: str) -> str:
    return f"{round_amount(amount, currency):,} {currency}"
