"""What of a charge is due by a day: which periods, how much each, and how that came about."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from billing.rules.due import Billed, DueCharge, Part, Slice, Usage
from q2c.kernel.bands import read_tiers
from q2c.kernel.billing_time import Billing, settled_policy
from q2c.kernel.errors import Refused
from q2c.kernel.money import Money, round_amount
from q2c.kernel.periods import Cadence, Grid, Period, months_after
from q2c.kernel.rating import (
    NOTHING,
    PREPAID,
    ChargeKind,
    ChargeModel,
    for_part,
    plain,
    rate,
    standing_fee,
)

MOST_PERIODS = 36  # more unbilled periods than this are a mistake in the dates, not arrears


def due_parts(charge: DueCharge, *, on: date) -> tuple[Part, ...]:
    """Return the periods due by `on` and not billed yet, each of its own, oldest first.

    In advance a period is due on its first day, in arrears and for usage on the day after its
    last. Refuses more than MOST_PERIODS of them.
    """
    if charge.charge_kind == ChargeKind.ONE_TIME:
        return _once(charge.starts_on, on, billed=charge.billed_through > charge.starts_on)
    in_advance = charge.in_advance and charge.charge_kind != ChargeKind.USAGE
    grid = _grid(charge)
    return _recurring(grid, charge.billed_through, charge.ends_on, on, in_advance=in_advance)


def slices(
    charge: DueCharge, *, on: date, usage: Usage, overage: Mapping[date, Decimal] | None = None
) -> list[Slice]:
    """Return the lines due by `on`: whole periods at their price, parts by its policy.

    `usage` holds the measured quantity of each due period of a usage charge; periods without any
    make no line, unless a fee is due without use too. With prepaid credits `overage` says by first
    day what of it they did not cover (left out: nothing of it).
    """
    found = []
    for part in due_parts(charge, on=on):
        if charge.charge_kind == ChargeKind.USAGE:
            assert charge.item_id is not None, "usage is measured on a subscription item"
            period = part.period
            quantity = usage[charge.item_id, period.start, period.end]
            if quantity or _fee_without_use(charge):
                above = None if overage is None else overage.get(period.start, quantity)
                found.append(_rated(charge, period, quantity, above))
        else:
            found.append(_priced(charge, part))
    return found


def late_slice(
    charge: DueCharge,
    period: Period,
    *,
    total: Decimal,
    billed: Billed | None,
    overage: Decimal | None = None,
) -> Slice | None:
    """Return the line that corrects an already billed period for usage recorded late, if any.

    It is the price of all usage of the period less what was billed for it, so tiers come out as
    if nothing had been late. `overage` is what of all that no prepaid credits cover.
    """
    billed = billed or Billed(Decimal(0), Decimal(0), 0)
    if total == billed.quantity:
        return None
    whole = _rated(charge, period, total, overage)
    late = plain(total - billed.quantity)
    days = f"{period.start:%d %b %Y} to {period.last_day:%d %b %Y}"
    trace = (
        f"{late} {charge.unit} recorded after {days} was billed",
        *whole.trace,
        f"less {plain(billed.net)} {charge.currency} billed before",
    )
    return Slice(
        charge,
        period.start,
        period.end,
        total - billed.quantity,
        whole.net - billed.net,
        trace,
        billed.lines,
    )


def billed_parts(charge: DueCharge) -> list[Period]:
    """Return the latest billed periods of a usage charge, where late usage may belong."""
    if charge.billed_through <= charge.starts_on:
        return []
    grid = _grid(charge)
    last = grid.holding(charge.billed_through)
    found = []
    for number in range(max(0, last - MOST_PERIODS), last + 1):
        whole = grid.period(number)
        start, end = max(whole.start, charge.starts_on), min(whole.end, charge.billed_through)
        if start < end:
            found.append(Period(start, end))
    return found


def period_of(charge: DueCharge, day: date) -> Period:
    """Return the whole billing period that holds a day."""
    grid = _grid(charge)
    return grid.period(grid.holding(day))


def billed_through_after(charge: DueCharge, *, on: date) -> date:
    """Return the first day not billed once all that is due by `on` has been."""
    parts = due_parts(charge, on=on)
    return parts[-1].period.end if parts else charge.billed_through


def next_on(charge: DueCharge, *, billed_through: date) -> date | None:
    """Return the day the charge falls due next, None when all of it is billed.

    An ended usage charge falls due once more a month later: a last look for late usage.
    """
    if charge.charge_kind == ChargeKind.ONE_TIME:
        return None if billed_through > charge.starts_on else charge.starts_on
    is_usage = charge.charge_kind == ChargeKind.USAGE
    last_look = is_usage and charge.billed_through < billed_through
    in_advance = charge.in_advance and not is_usage
    return _next(
        _grid(charge),
        billed_through,
        charge.ends_on,
        in_advance=in_advance,
        last_look=last_look,
    )


@lru_cache(maxsize=8192)  # most charges of a run share their dates
def _recurring(
    grid: Grid, start: date, end: date | None, on: date, *, in_advance: bool
) -> tuple[Part, ...]:
    parts: list[Part] = []
    if end is not None and start >= end:
        return ()
    number = grid.holding(start)
    while end is None or start < end:
        whole = grid.period(number)
        stop = whole.end if end is None else min(whole.end, end)
        if (start if in_advance else stop) > on:
            break
        if len(parts) == MOST_PERIODS:
            raise Refused(
                f"More than {MOST_PERIODS} periods since {parts[0].period.start:%d %b %Y} are not "
                "billed. Check the start date of the subscription; if it is right, bill an "
                "earlier date first."
            )
        parts.append(Part(whole, Period(start, stop)))
        start, number = stop, number + 1
    return tuple(parts)


@lru_cache(maxsize=8192)
def _once(starts_on: date, on: date, *, billed: bool) -> tuple[Part, ...]:
    if billed or starts_on > on:
        return ()
    day = Period(starts_on, date.fromordinal(starts_on.toordinal() + 1))
    return (Part(day, day),)


@lru_cache(maxsize=8192)
def _next(
    grid: Grid, start: date, end: date | None, *, in_advance: bool, last_look: bool
) -> date | None:
    if end is not None and start >= end:
        return months_after(end, 1) if last_look else None
    if in_advance:
        return start
    whole = grid.period(grid.holding(start))
    return whole.end if end is None else min(whole.end, end)


def _priced(charge: DueCharge, part: Part) -> Slice:
    whole, period = part
    net, trace = round_amount(charge.net_per_period, charge.currency), _price_trace(charge)
    if charge.charge_kind == ChargeKind.RECURRING:
        billing = _billing(charge)
        if not billing.is_whole(whole, period):
            price = Money(net, charge.currency)
            receipt = billing.receipt(price, over=whole, during=period, since=charge.starts_on)
            net, trace = receipt.amount.amount, (*trace, receipt.words())
    return Slice(charge, period.start, period.end, charge.quantity, net, trace)


def unused(charge: DueCharge, billed: Period, *, net: Decimal, at: date) -> Decimal:
    """Return what of a billed period's net is given back when the charge ends before `at`."""
    if at <= billed.start:
        return net
    price, whole = Money.rounded(charge.net_per_period, charge.currency), period_of(charge, at)
    back = _billing(charge).unused(price, over=whole, during=billed, since=charge.starts_on, at=at)
    return back.amount


def net_until(found: Slice, day: date) -> Decimal:
    """Return what of a line for recurring days is for those before `day`."""
    charge = found.charge
    price = Money.rounded(charge.net_per_period, charge.currency)
    whole, until = period_of(charge, found.start), Period(found.start, day)
    return _billing(charge).slice(price, over=whole, during=until, since=charge.starts_on).amount


def _billing(charge: DueCharge) -> Billing:
    return _billed_by(charge)[0]


def _grid(charge: DueCharge) -> Grid:
    return _billed_by(charge)[1]


def _billed_by(charge: DueCharge) -> tuple[Billing, Grid]:
    stored = tuple(charge.proration.items()) if charge.proration else ()
    beat = (charge.months, charge.weeks, charge.price_months)
    return _known(beat, charge.anchor_on, stored)


@lru_cache(maxsize=8192)  # most charges of a run share their dates and their policy
def _known(
    beat: tuple[int, int, int], anchor: date, stored: tuple[tuple[str, Any], ...]
) -> tuple[Billing, Grid]:
    months, weeks, price_months = beat
    policy = settled_policy(dict(stored))
    billing = Billing(Cadence(months, weeks), anchor, policy, price_months)
    return billing, billing.grid


def _rated(
    charge: DueCharge, period: Period, quantity: Decimal, overage: Decimal | None = None
) -> Slice:
    if charge.charge_model in PREPAID or (charge.net_per_period and _standing_fee(charge)):
        return _with_fee(charge, period, quantity, overage)
    model, tiers = ChargeModel(charge.charge_model), read_tiers(charge.tiers)
    to_pay = quantity if overage is None else overage
    rated = rate(model, to_pay, unit_price=charge.unit_price, tiers=tiers)
    net = _less_discount(rated.amount, charge)
    trace = (*_by_credits(charge, quantity, overage), _sum(rated.trace), *_discount(charge))
    return Slice(charge, period.start, period.end, quantity, net, trace)


def _with_fee(
    charge: DueCharge, period: Period, quantity: Decimal, overage: Decimal | None
) -> Slice:
    """Bill the fee that was agreed for the days, and beside it what exceeds what it covers.

    Both are rounded on their own, so that the fee is to the cent what the schedule says.
    """
    tiers, part = read_tiers(charge.tiers), tuple[str, ...]()
    whole = period_of(charge, period.start)
    listed, fee = tiers[0].flat_fee, _less_discount(tiers[0].flat_fee, charge)
    if whole != period:
        billing = _billing(charge)
        listed, fee = (
            billing.slice(
                Money.rounded(amount, charge.currency),
                over=whole,
                during=period,
                since=charge.starts_on,
            ).amount
            for amount in (listed, fee)
        )
        if charge.charge_model in PREPAID:
            tiers = for_part(tiers, fee=listed, days=period.days, of=whole.days)
        else:
            tiers = [replace(tiers[0], flat_fee=listed), *tiers[1:]]
        part = (f"for {period.days}/{whole.days} days",)
    to_rate = quantity
    if overage is not None:  # bands above begin where credits end, however many there were
        to_rate = overage
        if charge.charge_model == ChargeModel.CREDITS:
            to_rate += tiers[0].up_to or NOTHING
    rated = rate(ChargeModel(charge.charge_model), to_rate, unit_price=NOTHING, tiers=tiers)
    net = fee + _less_discount(rated.amount - listed, charge)
    if overage is None:
        trace = (_sum(rated.trace), *part, *_discount(charge))
    else:
        words = _sum((f"fee {plain(listed)}", *rated.trace[1:]))
        trace = (*_by_credits(charge, quantity, overage), words, *part, *_discount(charge))
    return Slice(charge, period.start, period.end, quantity, net, trace)


def _by_credits(charge: DueCharge, quantity: Decimal, overage: Decimal | None) -> tuple[str, ...]:
    if overage is None or overage == quantity:
        return ()
    return (f"{plain(quantity - overage)} of {plain(quantity)} {charge.unit} by prepaid credits",)


def _less_discount(amount: Decimal, charge: DueCharge) -> Decimal:
    return round_amount(amount * (100 - charge.discount_percent) / 100, charge.currency)


def _standing_fee(charge: DueCharge) -> Decimal:
    return standing_fee(ChargeModel(charge.charge_model), read_tiers(charge.tiers))


def _fee_without_use(charge: DueCharge) -> bool:
    """Tell whether a period without use costs its fee.

    That of a first band was not told of in what was agreed when it was due with use only.
    """
    match ChargeModel(charge.charge_model):
        case ChargeModel.GRADUATED:
            return bool(charge.net_per_period and _standing_fee(charge))
        case ChargeModel.VOLUME:
            return bool(read_tiers(charge.tiers)[0].flat_fee)
        case _:
            return bool(_standing_fee(charge))


def _price_trace(charge: DueCharge) -> tuple[str, ...]:
    if charge.is_adjustment:
        return ("negotiated adjustment",)
    if charge.charge_model == ChargeModel.PER_UNIT:
        price: tuple[str, ...] = (f"{plain(charge.quantity)} × {plain(charge.unit_price)}",)
    else:
        rated = rate(
            ChargeModel(charge.charge_model),
            charge.quantity,
            unit_price=charge.unit_price,
            tiers=read_tiers(charge.tiers),
        )
        price = (_sum(rated.trace),)
    return (*price, *_discount(charge))


def _sum(bands: Sequence[str]) -> str:
    return " + ".join(bands)


def _discount(charge: DueCharge) -> tuple[str, ...]:
    if not charge.discount_percent:
        return ()
    return (f"− {plain(charge.discount_percent)} % discount",)
