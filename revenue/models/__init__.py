from revenue.models.account import Account, Period
from revenue.models.check import BooksCheck
from revenue.models.journal import JournalEntry, JournalLine
from revenue.models.schedule import RecognitionRun, RevenueSchedule
from revenue.models.sums import DailySum, ScheduleSum

__all__ = [
    "Account",
    "BooksCheck",
    "DailySum",
    "JournalEntry",
    "JournalLine",
    "Period",
    "RecognitionRun",
    "RevenueSchedule",
    "ScheduleSum",
]
