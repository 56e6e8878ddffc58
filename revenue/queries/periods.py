"""What stands in the way of closing a month."""

from datetime import date

from django.db.models import F, Sum

from revenue.models import Period, ScheduleSum


def blockers(period: Period) -> list[str]:
    """Return, in words, why a month cannot be closed yet; empty when it can."""
    reasons = []
    earlier = Period.objects.filter(
        legal_entity_id=period.legal_entity_id,
        starts_on__lt=period.starts_on,
        state=Period.OPEN,
    )
    if open_before := earlier.order_by("starts_on").first():
        reasons.append(f"{open_before} is still open")
    if count := late_count(before=period.ends_on, legal_entity_id=period.legal_entity_id):
        reasons.append(
            f"{count:,} schedules have revenue of this month that is not recognised"
            if count > 1
            else "1 schedule has revenue of this month that is not recognised"
        )
    return reasons


def late_count(*, before: date, legal_entity_id: int | None = None) -> int:
    """Return how many schedules have revenue of days before this one that is not recognised."""
    sums = ScheduleSum.objects.filter(
        recognised_through__lt=F("ends_on"), starts_on__lt=before
    ).filter(recognised_through__lt=before)
    if legal_entity_id:
        sums = sums.filter(legal_entity_id=legal_entity_id)
    return int(sums.aggregate(count=Sum("schedule_count", default=0))["count"])
