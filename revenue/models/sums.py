from decimal import Decimal
from typing import Any

from django.db import models

AMOUNT: dict[str, Any] = {"max_digits": 19, "decimal_places": 4, "default": Decimal(0)}


class DailySum(models.Model):
    """What one account took on one day, so that no report adds up millions of journal lines.

    Whoever posts adds to it in the same transaction; `ledger_check` compares it with the lines.
    """

    legal_entity = models.ForeignKey(
        "customers.LegalEntity", models.PROTECT, related_name="+", db_index=False
    )
    day = models.DateField()
    account = models.ForeignKey("revenue.Account", models.PROTECT, related_name="+", db_index=False)
    currency = models.CharField(max_length=3)
    debit = models.DecimalField(**AMOUNT)
    credit = models.DecimalField(**AMOUNT)  # positive

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["legal_entity", "day", "account", "currency"],
                name="one_sum_per_account_and_day",
            )
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.day} {self.currency}"


class ScheduleSum(models.Model):
    """All schedules over the same days and recognised as far, added up.

    Whoever makes or recognises schedules moves their amounts here in the same transaction.
    """

    legal_entity = models.ForeignKey(
        "customers.LegalEntity", models.PROTECT, related_name="+", db_index=False
    )
    currency = models.CharField(max_length=3)
    starts_on = models.DateField()
    ends_on = models.DateField()
    recognised_through = models.DateField()  # the first day not recognised yet
    schedule_count = models.IntegerField(default=0)
    amount = models.DecimalField(**AMOUNT)
    recognised = models.DecimalField(**AMOUNT)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["legal_entity", "starts_on", "ends_on", "recognised_through", "currency"],
                name="one_sum_per_days_and_progress",
            )
        ]

    def __str__(self) -> str:
        return f"{self.starts_on}..{self.ends_on} {self.currency}"
