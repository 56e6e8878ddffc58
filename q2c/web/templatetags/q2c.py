"""Filters and tags every template has: money, dates, badges, charts, query strings."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

from babel import Locale
from babel.numbers import format_currency, format_decimal, format_percent, parse_pattern
from django import template
from django.template.context import RequestContext
from django.utils import timezone
from django.utils.translation import get_language, gettext, gettext_noop

from q2c.kernel.bands import in_words, read_tiers
from q2c.kernel.money import Money, minor_digits
from q2c.kernel.naming import name_in
from q2c.kernel.percent import Limits, Of, read_limits
from q2c.kernel.rating import ChargeModel, plain
from q2c.web import retelling
from q2c.web.tones import tone_of
from q2c.web.units import unit_of
from q2c.web.writing import locale_of, written_day

register = template.Library()
# Words that reach a page by name, of prices told in bands; here they are gathered.
PHRASES = [
    gettext_noop("first %s: free"), gettext_noop("each %s begun: %s"), gettext_noop("up to %s"),
    gettext_noop("any quantity"), gettext_noop("above %s"), gettext_noop("%s each"),
    gettext_noop("%s, used or not"), gettext_noop("included"), gettext_noop("%s in all"),
    gettext_noop("each full %s: %s"), gettext_noop("what is left over: %s"), gettext_noop("free"),
    gettext_noop("%s: %s"),
]  # fmt: skip


def _locale() -> Locale:
    return locale_of(get_language() or "en")


_pattern = cache(parse_pattern)


@register.filter
def money(value: Money | Decimal | None, currency: str = "") -> str:
    """Write an amount with its currency: `total|money:currency`, or a Money alone."""
    if value is None:
        return "–"
    amount, code = (value.amount, value.currency) if isinstance(value, Money) else (value, currency)
    return format_currency(amount, code, format=_pattern("#,##0.00 ¤¤"), locale=_locale())


@register.filter
def signed(value: Decimal | None, currency: str = "") -> str:
    """Write a difference with its sign: +12.00 EUR."""
    return f"+{money(value, currency)}" if value and value > 0 else money(value, currency)


@register.filter
def amount(value: Money | Decimal | None, currency: str = "") -> str:
    """Write an amount without its currency, with the currency's decimals."""
    if value is None:
        return "–"
    number, code = (value.amount, value.currency) if isinstance(value, Money) else (value, currency)
    digits = minor_digits(code) if code else 2
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return format_decimal(number, format=_pattern(pattern), locale=_locale())


@register.filter
def decimal(value: str) -> Decimal:
    """Read an amount as documents store it in JSON."""
    return Decimal(value)


@register.filter
def quantity(value: Decimal | None) -> str:
    """Write a quantity without trailing zeros."""
    if value is None:
        return "–"
    return format_decimal(value, format=_pattern("#,##0.######"), locale=_locale())


@register.filter
def rate(value: Decimal | None) -> str:
    """Write a unit price: at least two decimals, at most eight."""
    if value is None:
        return "–"
    return format_decimal(value, format=_pattern("#,##0.00######"), locale=_locale())


@register.filter
def percent(value: Decimal | None) -> str:
    """Write a percentage: 12.5 is 12.5 %."""
    if value is None:
        return "–"
    return format_percent(value / 100, format=_pattern("#,##0.## %"), locale=_locale())


@register.filter
def bands(line: Any) -> list[str]:
    """Say the price of a line or price that is no plain one in phrases; a plain one in none."""
    model = ChargeModel(line.charge_model)
    if model is ChargeModel.PERCENT_OF:
        share = getattr(line, "list_unit_price", None) or getattr(line, "unit_price", None)
        limits = read_limits(line.tiers)
        return [_of_others(limits, percent(share)), *limits.in_words(rate, say=gettext)]
    return in_words(model, read_tiers(line.tiers), number=quantity, price=rate, say=gettext)


def _of_others(limits: Limits, share: str) -> str:
    words = {
        Of.ALIKE: gettext("%(percent)s of other lines"),
        Of.ONE_TIME: gettext("%(percent)s of what is charged once"),
        Of.RECURRING: gettext("%(percent)s of all that recurs"),
    }[limits.charges] % {"percent": share}
    before = gettext("before discounts")
    return f"{words}, {before}" if limits.of_list else words


@register.filter
def called(line: Any) -> str:
    """Write what a document's line sells, in the reader's language; its product is loaded."""
    return name_in(line.description, line.product, get_language() or "en")


@register.filter
def product_name(product: Any) -> str:
    """Write a product's name in the reader's language."""
    return name_in(product.name, product, get_language() or "en")


@register.filter
def told(text: str | Iterable[str]) -> str:
    """Retell in the reader's language what rules told in English, such as how a sum came about."""
    return retelling.told(text)


@register.filter
def retold(sentence: str) -> str:
    """Retell a sentence that a rule told in English; what people wrote stays as it is."""
    return retelling.retold(sentence)


@register.filter
def colon(words: str) -> str:
    """Write what stands before a list or an explanation, with its colon."""
    return gettext("%s:") % words


@register.filter
def quoted(words: str) -> str:
    """Write what somebody said, in quotation marks."""
    return gettext("“%s”") % words


@register.filter
def iban(number: str) -> str:
    """Write an IBAN as banks print it, in groups of four."""
    bare = number.replace(" ", "")
    return " ".join(bare[place : place + 4] for place in range(0, len(bare), 4))


@register.filter
def typed(value: Decimal | None) -> str:
    """Write a number as one would type it into a field: no grouping, no trailing zeros."""
    return "" if value is None else plain(value)


@register.filter
def day(value: date | None) -> str:
    """Write a date: 23 Nov 2026."""
    return written_day(value, get_language() or "en") if value else "–"


@register.filter
def last_day(end: date | None) -> str:
    """Write the last day before an end that is outside."""
    return day(end - timedelta(days=1)) if end else "–"


@register.filter
def unit(name: str, quantity: Decimal | None = None) -> str:
    """Write a unit in the reader's language, behind a quantity: 40 Plätze, but 1 Platz."""
    return unit_of(quantity, name)


@register.filter
def number(text: Any) -> str:
    """Write a number that is kept as text, such as a tier's."""
    return format_decimal(Decimal(str(text)), format=_pattern("#,##0.########"), locale=_locale())


@register.filter
def iso_day(text: str) -> str:
    """Write a date that is kept as text: 2026-11-23."""
    return day(date.fromisoformat(text))


@register.filter
def duration(seconds: int) -> str:
    """Write how long something took: 45 s, 3 min, 2 h 5 min."""
    minutes, hours = round(seconds / 60), seconds // 3600
    if seconds < 90:
        return f"{seconds} s"
    return f"{hours} h {minutes - hours * 60} min" if hours else f"{minutes} min"


@register.filter
def instant(value: datetime | None) -> str:
    """Write an instant in the reader's zone: 23 Nov 2026, 14:05."""
    if value is None:
        return "–"
    local = timezone.localtime(value)
    return f"{day(local.date())}, {local:%H:%M}"


@register.filter
def words(value: str) -> str:
    """Write a state or verb as words: in_review becomes In review; names keep their capitals."""
    text = str(value).replace("_", " ")
    return text[:1].upper() + text[1:]


@register.filter
def as_kept(text: str, what: str) -> str:
    """Write a value of a sealed document as pages do: amounts, numbers and days by its name."""
    try:
        if what.endswith("ends_on"):
            return last_day(date.fromisoformat(text))
        if what.endswith(("_on", "_until")):
            return day(date.fromisoformat(text))
        if what.endswith(("total", "_per_period")):
            return format_decimal(Decimal(text), format=_pattern("#,##0.00###"), locale=_locale())
        return number(text) if what.endswith(("price", "percent", "quantity")) else text
    except (ValueError, InvalidOperation):
        return text


@register.filter
def fact_words(name: str) -> str:
    """Write the name of a fact as words: QuoteSent becomes Quote sent."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).capitalize()


@register.filter
def tone(state: str) -> str:
    return tone_of(str(state))


@register.filter
def get(mapping: Mapping[Any, Any], key: Any) -> Any:
    return mapping.get(key)


@register.simple_tag(takes_context=True)
def with_query(context: RequestContext, **changes: Any) -> str:
    """Return this page's query string with some parameters changed; None drops one.

    The page of a list always starts anew.
    """
    query = context["request"].GET.copy()
    query.pop("after", None)
    for key, value in changes.items():
        if value in (None, ""):
            query.pop(key, None)
        else:
            query[key] = str(value)
    encoded = query.urlencode()
    return f"?{encoded}" if encoded else "?"
