"""What can be asked about customers; other apps get frozen rows."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import Q, QuerySet

from q2c.customers.models import Address, Contact, Customer


@dataclass(frozen=True, slots=True)
class Party:
    """A customer as an invoice names it: a copy, so that later edits do not reach it."""

    customer_id: int
    number: str
    name: str
    street: str
    street2: str
    postal_code: str
    city: str
    region: str
    country: str
    tax_id: str
    tax_exempt: bool
    email: str
    language: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def billing_party(customer_ids: Iterable[int]) -> dict[int, Party]:
    """Return the party to bill for each customer, in one query.

    Every customer has a billing address; one that somehow lost it is left out, never guessed.
    """
    addresses = Address.objects.filter(
        customer_id__in=list(customer_ids), kind=Address.BILLING
    ).select_related("customer")
    return {address.customer_id: _party(address) for address in addresses}


def shipping_address(customer_id: int) -> dict[str, str]:
    """Return where goods go: the shipping address, else the billing address."""
    address = (
        Address.objects.filter(customer_id=customer_id)
        .select_related("customer")
        .order_by("-kind")  # "shipping" before "billing"
        .first()
    )
    if address is None:
        return {}
    names = ("street", "street2", "postal_code", "city", "region", "country")
    place = {name: getattr(address, name) for name in names}
    return {"name": address.customer.legal_name, **place}


def customers() -> QuerySet[Customer]:
    """Return all customers with what lists show."""
    return Customer.objects.select_related("legal_entity", "owner")


def matching(rows: QuerySet[Customer], text: str) -> QuerySet[Customer]:
    """Keep customers whose number, name, tax id, e-mail or reference holds the text."""
    for word in text.split():
        rows = rows.filter(
            Q(legal_name__icontains=word)
            | Q(number__icontains=word)
            | Q(tax_id__icontains=word)
            | Q(email__icontains=word)
            | Q(external_ref__icontains=word)
        )
    return rows


def find_customers(text: str, *, limit: int = 8) -> list[Customer]:
    """Return the best matches for a search box, names that begin with the text first."""
    found = list(matching(Customer.objects.all(), text).order_by("legal_name", "pk")[: limit * 5])
    start = text.strip().lower()
    found.sort(key=lambda customer: not customer.legal_name.lower().startswith(start))
    return found[:limit]


def contacts_of(customer_id: int) -> QuerySet[Contact]:
    """Return a customer's contacts, the primary one first."""
    return Contact.objects.filter(customer_id=customer_id).order_by("-is_primary", "name", "pk")


def _party(address: Address) -> Party:
    customer = address.customer
    return Party(
        customer_id=customer.pk,
        number=customer.number,
        name=customer.legal_name,
        street=address.street,
        street2=address.street2,
        postal_code=address.postal_code,
        city=address.city,
        region=address.region,
        country=address.country,
        tax_id=customer.tax_id,
        tax_exempt=customer.tax_exempt,
        email=customer.email,
        language=customer.language,
    )
