"""The tax rates we charge by."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Q

from q2c.catalog.events import TaxRateAdded, TaxRateEnded
from q2c.catalog.models import TaxClass, TaxRate
from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.bus import publish
from q2c.infra.locks import locked
from q2c.kernel.errors import Refused


@dataclass(frozen=True, kw_only=True)
class TaxRateDraft:
    """A rate as told: 19 stands for 19 per cent; it holds from its start until one follows."""

    country: str
    region: str = ""
    tax_class: str
    percent: Decimal
    starts_on: date


@transaction.atomic
def add_tax_rate(draft: TaxRateDraft, *, by: User | None, at: datetime) -> TaxRate:
    """Keep a rate from a day on; the one that held until then ends there.

    Refuses a start on or before that of a rate already kept: invoices may carry it.
    """
    require(by, Permission.MANAGE_SETTINGS)
    if draft.tax_class not in (TaxClass.STANDARD, TaxClass.REDUCED):
        raise Refused("Only standard and reduced supplies carry a rate.", field="tax_class")
    if not 0 <= draft.percent <= 100:
        raise Refused("A rate lies between 0 and 100 per cent.", field="percent")
    same = TaxRate.objects.select_for_update(no_key=True).filter(
        country=draft.country, region=draft.region, tax_class=draft.tax_class
    )
    latest = same.order_by("-starts_on").first()
    if latest and latest.starts_on >= draft.starts_on:
        raise Refused(
            f"A rate from {latest.starts_on:%d %b %Y} is kept already; start after it.",
            field="starts_on",
        )
    same.filter(Q(ends_on=None) | Q(ends_on__gt=draft.starts_on)).update(ends_on=draft.starts_on)
    rate = TaxRate.objects.create(**vars(draft))
    fact = TaxRateAdded(at=at, tax_rate_id=rate.pk)
    publish(fact, by=by, changes={"rate": [str(latest) if latest else None, str(rate)]})
    return rate


@transaction.atomic
def end_tax_rate(rate_id: int, *, on: date, by: User | None, at: datetime) -> TaxRate:
    """Let a rate hold up to, not including, a day; from then on sales there are refused a tax."""
    require(by, Permission.MANAGE_SETTINGS)
    rate = locked(TaxRate, rate_id)
    if on <= rate.starts_on:
        raise Refused(
            f"It starts on {rate.starts_on:%d %b %Y}; end it after that.", field="ends_on"
        )
    was = str(rate.ends_on) if rate.ends_on else None
    rate.ends_on = on
    rate.save(update_fields=["ends_on"])
    fact = TaxRateEnded(at=at, tax_rate_id=rate.pk)
    publish(fact, by=by, changes={"ends_on": [was, on.isoformat()]})
    return rate
