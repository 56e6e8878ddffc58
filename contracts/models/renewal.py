from django.db import models


class RenewalReminder(models.Model):
    """That the owner was reminded, so many days before the contract ends; once."""

    contract = models.ForeignKey("contracts.Contract", models.CASCADE, related_name="reminders")
    days_before = models.PositiveSmallIntegerField()
    sent_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "days_before"], name="one_reminder_per_stage"
            )
        ]

    def __str__(self) -> str:
        return f"{self.contract_id}: {self.days_before} days"
