"""Bring in many customers at once, by set and with COPY."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from q2c.customers.actions.customers import take_customer_numbers
from q2c.customers.actions.drafts import (
    CustomerDraft,
    checked_address,
    checked_contact,
    checked_terms,
)
from q2c.customers.events import CustomersBroughtIn
from q2c.customers.models import Address, Customer
from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.bus import publish
from q2c.infra.copy import copy_rows, take_ids
from q2c.kernel.errors import Refused

_TERMS = [
    f.name for f in fields(CustomerDraft) if f.name not in {"billing", "shipping", "contacts"}
]
_CUSTOMERS = "customers_customer"
_ADDRESS = ["street", "city", "country", "street2", "postal_code", "region"]
_CONTACT = ["name", "email", "phone", "job_title", "is_primary"]


@transaction.atomic
def bring_in_customers(
    drafts: Sequence[CustomerDraft], *, by: User | None, at: datetime
) -> list[int]:
    """Create the customers whose external reference is new; return all ids in the order given.

    The same rules as for one hold; any bad draft refuses the whole set, naming its reference.
    Safe to run twice, and side by side: a reference makes one customer.
    """
    require(by, Permission.EDIT_CUSTOMERS)
    _one_at_a_time()
    references = [draft.external_ref for draft in drafts]
    if None in references or len(set(references)) < len(references):
        raise Refused("Each customer brought in needs an external reference of its own.")
    known = _known(references)
    fresh = [draft for draft in drafts if draft.external_ref not in known]
    if fresh:
        ids = take_ids(_CUSTOMERS, len(fresh))
        _write(fresh, ids, at=at)
        known |= {draft.external_ref: pk for draft, pk in zip(fresh, ids, strict=True)}
        publish(CustomersBroughtIn(at=at, customer_ids=tuple(ids)), by=by)
    return [known[reference] for reference in references]


def _one_at_a_time() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('bring_in_customers'))")


def _known(references: Sequence[str | None]) -> dict[str | None, int]:
    found = Customer.objects.filter(external_ref__in=references)
    return dict(found.values_list("external_ref", "pk"))


def _write(drafts: Sequence[CustomerDraft], ids: Sequence[int], *, at: datetime) -> None:
    customers, addresses, contacts = [], [], []
    numbers = take_customer_numbers(len(drafts))
    for pk, number, draft in zip(ids, numbers, drafts, strict=True):
        terms, places, people = _checked(draft)
        customers.append([pk, number, *(terms[name] for name in _TERMS), 1, at])
        addresses += [[pk, kind, *(place[n] for n in _ADDRESS)] for kind, place in places]
        contacts += [[pk, *(person[n] for n in _CONTACT)] for person in people]
    columns = ["id", "number", *_TERMS, "version", "created_at"]
    copy_rows(_CUSTOMERS, columns, customers)
    copy_rows("customers_address", ["customer_id", "kind", *_ADDRESS], addresses)
    copy_rows("customers_contact", ["customer_id", *_CONTACT], contacts)


def _checked(
    draft: CustomerDraft,
) -> tuple[dict[str, Any], list[tuple[str, dict[str, str]]], list[dict[str, Any]]]:
    try:
        places = [(Address.BILLING, checked_address(draft.billing))]
        if draft.shipping:
            places.append((Address.SHIPPING, checked_address(draft.shipping)))
        country = places[0][1]["country"]
        terms = checked_terms({n: getattr(draft, n) for n in _TERMS}, country=country)
        people = [checked_contact(contact) for contact in draft.contacts]
    except Refused as refusal:
        words = f"{draft.external_ref}: {refusal.message}"
        raise Refused(words, field=refusal.field) from None
    for i, person in enumerate(people):
        person["is_primary"] = i == 0
    return terms, places, people
