"""What stands in the way of closing a month."""

from django.db.models import F

from revenue.models import Period, RevenueSchedule


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
    unearned = RevenueSchedule.objects.filter(
        legal_entity_id=period.legal_entity_id,
        recognised_through__lt=F("ends_on"),
        starts_on__lt=period.ends_on,
    ).filter(recognised_through__lt=period.ends_on)
    if count := unearned.count():
        reasons.append(f"{count} schedules have revenue of this month that is not recognised")
    return reasons
