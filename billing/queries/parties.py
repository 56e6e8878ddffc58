"""Who sells and who buys, as a document copies them, read by set."""

from collections.abc import Collection
from typing import Any, NamedTuple

from q2c.customers.models import Address, Customer, LegalEntity
from q2c.kernel.tax import Place, TaxRounding


class Seller(NamedTuple):
    """A legal entity as invoices name it, and where it sits for tax."""

    place: Place
    snapshot: dict[str, Any]
    tax_rounding: TaxRounding = TaxRounding.DOCUMENT


class Buyer(NamedTuple):
    """A customer as invoices name it, and what decides its tax. No address: no place."""

    name: str
    place: Place | None
    ship_to: Place | None
    has_tax_id: bool
    is_exempt: bool
    snapshot: dict[str, Any]


def sellers(entity_ids: Collection[int]) -> dict[int, Seller]:
    """Return the legal entities by id."""
    fields = [
        "name", "street", "postal_code", "city", "region", "country", "tax_id", "email",
        "phone", "iban", "bic", "bank_name",
    ]  # fmt: skip
    return {
        row["id"]: Seller(
            Place(row["country"], row["region"]),
            {name: row[name] for name in fields},
            TaxRounding(row["tax_rounding"]),
        )
        for row in LegalEntity.objects.filter(pk__in=entity_ids).values(
            "id", "tax_rounding", *fields
        )
    }


def buyers(customer_ids: Collection[int]) -> dict[int, Buyer]:
    """Return the customers by id, each with its billing address and place of delivery."""
    fields = ["street", "street2", "postal_code", "city", "region", "country"]
    addresses: dict[tuple[int, str], dict[str, Any]] = {}
    for pk, kind, *values in Address.objects.filter(customer_id__in=customer_ids).values_list(
        "customer_id", "kind", *fields
    ):
        addresses[pk, kind] = dict(zip(fields, values, strict=True))
    rows = Customer.objects.filter(pk__in=customer_ids).values_list(
        "pk", "number", "legal_name", "tax_id", "tax_exempt", "email", "language"
    )
    found = {}
    for pk, number, name, tax_id, is_exempt, email, language in rows:
        billing = addresses.get((pk, Address.BILLING))
        snapshot = {
            "number": number,
            "name": name,
            "tax_id": tax_id,
            "email": email,
            "language": language,
            **(billing or {}),
        }
        found[pk] = Buyer(
            name,
            _place(billing),
            _place(addresses.get((pk, Address.SHIPPING))),
            bool(tax_id),
            is_exempt,
            snapshot,
        )
    return found


def _place(address: dict[str, Any] | None) -> Place | None:
    return Place(address["country"], address["region"]) if address else None
