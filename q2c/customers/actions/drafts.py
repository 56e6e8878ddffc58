"""What people tell us about a customer, checked before anything is written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from q2c.customers.rules.tax_ids import checked_tax_id
from q2c.kernel.codes import checked_country, checked_currency
from q2c.kernel.errors import Refused

_LONGEST = {
    "legal_name": 200, "external_ref": 80, "street": 200, "street2": 200, "postal_code": 20,
    "city": 100, "region": 50, "name": 200, "phone": 40, "job_title": 100, "email": 254,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class AddressDraft:
    """An address as told; `country` is an ISO code."""

    street: str
    city: str
    country: str
    street2: str = ""
    postal_code: str = ""
    region: str = ""


@dataclass(frozen=True, kw_only=True)
class ContactDraft:
    """A person at the customer as told."""

    name: str
    email: str
    phone: str = ""
    job_title: str = ""
    is_primary: bool = False


@dataclass(frozen=True, kw_only=True)
class CustomerDraft:
    """A customer as told. `email` is where invoices go; terms are days after the invoice date."""

    legal_name: str
    email: str
    currency: str
    legal_entity_id: int
    billing: AddressDraft
    shipping: AddressDraft | None = None
    contacts: tuple[ContactDraft, ...] = ()
    payment_terms_days: int = 30
    language: str = "en"
    segment: str = ""
    tax_id: str = ""
    tax_exempt: bool = False
    owner_id: int | None = None
    external_ref: str | None = None
    autopay: bool = field(default=False)


def checked_terms(values: Mapping[str, Any], *, country: str) -> dict[str, Any]:
    """Return the customer's own fields among `values`, cleaned; refuses the first that is wrong."""
    checked = {name: _cleaned(name, value) for name, value in values.items()}
    if "legal_name" in checked:
        _given(checked["legal_name"], "Give the customer's legal name.", "legal_name")
    if "email" in checked:
        checked["email"] = checked_email(checked["email"])
    if "currency" in checked:
        checked["currency"] = checked_currency(checked["currency"])
    if "payment_terms_days" in checked and not 0 <= checked["payment_terms_days"] <= 365:
        raise Refused("Payment terms are 0 to 365 days.", field="payment_terms_days")
    if "language" in checked and checked["language"] not in dict(settings.LANGUAGES):
        known = ", ".join(code for code, _ in settings.LANGUAGES)
        raise Refused(f"Choose one of the languages {known}.", field="language")
    if checked.get("segment") and checked["segment"] not in settings.CUSTOMER_SEGMENTS:
        known = ", ".join(settings.CUSTOMER_SEGMENTS)
        raise Refused(f"Choose one of the segments {known}.", field="segment")
    if "tax_id" in checked:
        checked["tax_id"] = checked_tax_id(checked["tax_id"], country=country)
    return checked


def checked_address(address: AddressDraft) -> dict[str, str]:
    """Return the address's fields, cleaned."""
    checked = {name: _cleaned(name, value) for name, value in vars(address).items()}
    _given(checked["street"], "Give the street and number.", "street")
    _given(checked["city"], "Give the city.", "city")
    checked["country"] = checked_country(checked["country"])
    return checked


def checked_contact(contact: ContactDraft) -> dict[str, Any]:
    """Return the contact's fields, cleaned."""
    checked = {name: _cleaned(name, value) for name, value in vars(contact).items()}
    _given(checked["name"], "Give the contact's name.", "name")
    checked["email"] = checked_email(checked["email"])
    return checked


def checked_email(email: str) -> str:
    """Return the address; refuses one that mail could not reach."""
    try:
        validate_email(email)
    except ValidationError:
        raise Refused(f"“{email}” is not an e-mail address.", field="email") from None
    return email


def _cleaned(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    text = value.strip()
    if "\x00" in text:
        raise Refused("The text holds a character that cannot be kept.", field=name)
    if len(text) > _LONGEST.get(name, 200):
        raise Refused(f"At most {_LONGEST[name]} characters, please.", field=name)
    return text


def _given(text: str, words: str, field_name: str) -> None:
    if not text:
        raise Refused(words, field=field_name)
