"""Charts as values a template draws: server-side SVG with a table twin, no script."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from q2c.kernel.money import Money
from q2c.kernel.periods import months_after

WIDTH, HEIGHT, FOOT, HEAD = 640, 220, 26, 12


@dataclass(frozen=True)
class Bar:
    """One rectangle: its place, its series (0 first, for the colour), what it says."""

    x: str
    y: str
    width: str
    height: str
    series: int
    title: str


@dataclass(frozen=True)
class Chart:
    """A drawn chart and the numbers behind it."""

    title: str
    bars: Sequence[Bar]
    labels: Sequence[tuple[str, str]]  # (x, text) along the foot
    ticks: Sequence[tuple[str, str]]  # (y, text) at the left
    line: str
    series: Sequence[str]
    rows: Sequence[tuple[str, Sequence[Decimal]]]
    width: int = WIDTH
    height: int = HEIGHT


def stacked_bars(
    title: str, series: Sequence[str], rows: Sequence[tuple[str, Sequence[Decimal]]]
) -> Chart:
    """Draw one bar a row, its series stacked; amounts in one currency, negatives count as zero."""
    top = max((sum(max(v, Decimal(0)) for v in values) for _, values in rows), default=Decimal(0))
    top = top or Decimal(1)
    slot = Decimal(WIDTH - 56) / max(len(rows), 1)
    bars, labels = [], []
    for i, (label, values) in enumerate(rows):
        x, y = 52 + slot * i + slot * Decimal("0.15"), Decimal(HEIGHT - FOOT)
        for number, value in enumerate(values):
            height = max(value, Decimal(0)) / top * (HEIGHT - FOOT - HEAD)
            y -= height
            name = series[number] if len(series) > 1 else label
            bars.append(
                Bar(
                    _n(x),
                    _n(y),
                    _n(slot * Decimal("0.7")),
                    _n(height),
                    number,
                    f"{label}, {name}: {value:,}",
                )
            )
        if len(rows) <= 14 or i % (len(rows) // 12 + 1) == 0:
            labels.append((_n(x + slot * Decimal("0.35")), label))
    return Chart(title, bars, labels, _ticks(top), "", series, rows)


def line(title: str, rows: Sequence[tuple[str, Decimal]]) -> Chart:
    """Draw one line through the rows, from zero."""
    top = max((value for _, value in rows), default=Decimal(0)) or Decimal(1)
    slot = Decimal(WIDTH - 64) / max(len(rows) - 1, 1)
    points, labels = [], []
    for i, (label, value) in enumerate(rows):
        x = 56 + slot * i
        y = HEIGHT - FOOT - max(value, Decimal(0)) / top * (HEIGHT - FOOT - HEAD)
        points.append(f"{_n(x)},{_n(y)}")
        if len(rows) <= 14 or i % (len(rows) // 12 + 1) == 0:
            labels.append((_n(x), label))
    twin = [(label, (value,)) for label, value in rows]
    return Chart(title, [], labels, _ticks(top), " ".join(points), (title,), twin)


@dataclass(frozen=True)
class Spark:
    """A chart as small as a figure, and the amounts behind it."""

    bars: Sequence[Bar]
    rows: Sequence[tuple[date, Money]]
    width: int
    height: int


def spark_bars(by_month: Mapping[date, Money], *, width: int = 120, height: int = 32) -> Spark:
    """Draw one bar for every month from the first to the last; negatives as nothing."""
    rows, month = [], min(by_month, default=date.max)
    while by_month and month <= max(by_month):
        rows.append((month, by_month.get(month)))
        month = months_after(month, 1)
    amounts = [money.amount if money else Decimal(0) for _, money in rows]
    top = max(amounts, default=Decimal(0)) or Decimal(1)
    slot = Decimal(width) / max(len(rows), 12)
    bars = []
    for i, amount in enumerate(amounts):
        tall = max(max(amount, Decimal(0)) / top * height, Decimal(1))
        y, wide = height - tall, slot * Decimal("0.8")
        title = f"{rows[i][0]:%b %Y}: {amount:,}"
        bars.append(Bar(_n(slot * i), _n(y), _n(wide), _n(tall), 0, title))
    return Spark(bars, sorted(by_month.items()), width, height)


@dataclass(frozen=True)
class Share:
    """A part of a proportion bar."""

    label: str
    value: Decimal
    x: str
    width: str
    tone: str


def shares(parts: Sequence[tuple[str, Decimal, str]]) -> list[Share]:
    """Lay parts (label, value, tone) side by side over 100 units; for ageing bars."""
    whole = sum((max(value, Decimal(0)) for _, value, _ in parts), Decimal(0)) or Decimal(1)
    drawn, x = [], Decimal(0)
    for label, value, tone in parts:
        width = max(value, Decimal(0)) / whole * 100
        drawn.append(Share(label, value, _n(x), _n(width), tone))
        x += width
    return drawn


def _ticks(top: Decimal) -> list[tuple[str, str]]:
    ticks = []
    for i in range(5):
        value = top * i / 4
        y = HEIGHT - FOOT - Decimal(i) / 4 * (HEIGHT - FOOT - HEAD)
        ticks.append((_n(y), _short(value)))
    return ticks


def _short(value: Decimal) -> str:
    for limit, unit in ((Decimal(10**9), "bn"), (Decimal(10**6), "m"), (Decimal(10**3), "k")):
        if value >= limit:
            return f"{value / limit:.1f}".removesuffix(".0") + unit
    return f"{value:.0f}"


def _n(number: Decimal) -> str:
    return f"{number:.2f}"
