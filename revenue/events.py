from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from q2c.kernel.facts import Fact


@dataclass(frozen=True, kw_only=True)
class RevenueRecognised(Fact):
    """A recognition run posted what was earned through a day."""

    document: ClassVar[str] = "recognition_run"
    recognition_run_id: int
    through: date


@dataclass(frozen=True, kw_only=True)
class PeriodClosed(Fact):
    """A month's books are closed."""

    document: ClassVar[str] = "period"
    period_id: int


@dataclass(frozen=True, kw_only=True)
class PeriodReopened(Fact):
    """A month's books take entries again."""

    document: ClassVar[str] = "period"
    period_id: int
