"""What a measurement says, and how it is printed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One measured thing: `value` against `limit`, and whether more or less of it is better."""

    work: str
    value: float
    limit: float
    unit: str
    note: str
    is_more_better: bool = True

    @property
    def is_reached(self) -> bool:
        """Whether the value keeps to its limit."""
        return self.value >= self.limit if self.is_more_better else self.value <= self.limit

    def as_dict(self) -> dict[str, object]:
        """Return the row for JSON."""
        return {
            "work": self.work,
            "value": round(self.value, 3),
            "limit": self.limit,
            "unit": self.unit,
            "reached": self.is_reached,
            "note": self.note,
        }


def as_text(rows: list[Row]) -> str:
    """Return the table that people read."""
    lines = [f"{'work':<41}{'measured':>10}{'limit':>10}  {'':<10}{'':<7}", "-" * 100]
    for row in rows:
        sign = "≥" if row.is_more_better else "≤"
        lines.append(
            f"{row.work:<41}{row.value:>10.3g}{sign + format(row.limit, 'g'):>10}  "
            f"{row.unit:<10}{'ok' if row.is_reached else 'MISSED':<7} {row.note}"
        )
    return "\n".join(lines)
