"""The companies of ours that sell and bill."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from django.db import transaction
from stdnum import bic, exceptions, iban

from q2c.customers.actions.drafts import checked_email
from q2c.customers.events import LegalEntityCreated, LegalEntityEdited
from q2c.customers.models import LegalEntity
from q2c.customers.rules.brand import checked_color
from q2c.customers.rules.tax_ids import checked_tax_id
from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.blobs import keep
from q2c.infra.bus import publish
from q2c.infra.locks import locked
from q2c.infra.pictures import picture_type
from q2c.kernel.codes import checked_country, checked_currency
from q2c.kernel.errors import Refused
from q2c.kernel.tax import TaxRounding

FIELDS = (
    "code", "name", "street", "postal_code", "city", "region", "country", "tax_id", "email",
    "phone", "currency", "time_zone", "iban", "bic", "bank_name", "accent_color",
    "tax_rounding",
)  # fmt: skip
_LARGEST_LOGO = 500_000


@transaction.atomic
def create_legal_entity(values: Mapping[str, Any], *, by: User | None, at: datetime) -> LegalEntity:
    """Found a company of ours. Its currency and time zone are those of its books."""
    require(by, Permission.MANAGE_SETTINGS)
    checked = _checked(values)
    if LegalEntity.objects.filter(code__iexact=checked["code"]).exists():
        raise Refused("Another legal entity has this code.", field="code")
    entity = LegalEntity.objects.create(**checked)
    fact = LegalEntityCreated(at=at, legal_entity_id=entity.pk)
    publish(fact, by=by, changes={n: [None, v] for n, v in checked.items() if v})
    return entity


@transaction.atomic
def edit_legal_entity(
    entity_id: int, values: Mapping[str, Any], *, by: User | None, at: datetime
) -> LegalEntity:
    """Change a company of ours; issued documents keep the copy they carry."""
    require(by, Permission.MANAGE_SETTINGS)
    entity = locked(LegalEntity, entity_id)
    before = {name: getattr(entity, name) for name in FIELDS}
    checked = _checked({**before, **values, "code": entity.code})
    if checked["currency"] != entity.currency:
        raise Refused("The currency of the books stays; found another entity.", field="currency")
    different = {name: v for name, v in checked.items() if v != before[name]}
    if different:
        for name, value in different.items():
            setattr(entity, name, value)
        entity.save(update_fields=list(different))
        fact = LegalEntityEdited(at=at, legal_entity_id=entity.pk)
        publish(fact, by=by, changes={name: [before[name], v] for name, v in different.items()})
    return entity


@transaction.atomic
def set_logo(
    entity_id: int, content: bytes | None, *, by: User | None, at: datetime
) -> LegalEntity:
    """Show a picture as the company's logo on customers' pages and documents; None takes it away."""
    require(by, Permission.MANAGE_SETTINGS)
    entity = locked(LegalEntity, entity_id)
    logo = None
    if content is not None:
        if len(content) > _LARGEST_LOGO:
            raise Refused("A logo has at most 500 kB; make it smaller.", field="logo")
        try:
            media_type = picture_type(content)
        except Refused as refusal:
            raise Refused(refusal.message, field="logo") from None
        logo = keep(content, media_type=media_type, at=at)
    before = entity.logo_id
    if before != (logo.pk if logo else None):
        entity.logo = logo
        entity.save(update_fields=["logo"])
        fact = LegalEntityEdited(at=at, legal_entity_id=entity.pk)
        changes = {"logo": [before and before[:12], logo and logo.pk[:12]]}
        publish(fact, by=by, changes=changes)
    return entity


def _checked(values: Mapping[str, Any]) -> dict[str, Any]:
    checked = {name: str(values.get(name) or "").strip() for name in FIELDS}
    for name in ("code", "name", "street", "postal_code", "city"):
        if not checked[name]:
            raise Refused("This is needed on every invoice.", field=name)
    checked["country"] = checked_country(checked["country"])
    checked["currency"] = checked_currency(checked["currency"])
    checked["email"] = checked_email(checked["email"])
    checked["tax_id"] = checked_tax_id(checked["tax_id"], country=checked["country"])
    if not checked["tax_id"]:
        raise Refused("Give the tax id that invoices print.", field="tax_id")
    if checked["time_zone"] not in available_timezones():
        raise Refused("Choose a time zone such as Europe/Berlin.", field="time_zone")
    checked["tax_rounding"] = checked["tax_rounding"] or TaxRounding.DOCUMENT.value
    if checked["tax_rounding"] not in set(TaxRounding):
        raise Refused("Round tax on each line or once on the sum.", field="tax_rounding")
    checked["iban"] = _bank_number(iban, checked["iban"], "iban", "IBAN")
    checked["accent_color"] = checked_color(checked["accent_color"])
    checked["bic"] = _bank_number(bic, checked["bic"], "bic", "BIC")
    return checked


def _bank_number(module: Any, text: str, field: str, name: str) -> str:
    if not text:
        return ""
    try:
        return str(module.validate(text))
    except exceptions.ValidationError:
        raise Refused(f"“{text}” is not a valid {name}.", field=field) from None
