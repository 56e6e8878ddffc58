from revenue.models.account import Account, Period
from revenue.models.journal import JournalEntry, JournalLine
from revenue.models.schedule import RecognitionRun, RevenueSchedule

__all__ = [
    "Account",
    "JournalEntry",
    "JournalLine",
    "Period",
    "RecognitionRun",
    "RevenueSchedule",
]
