"""The people at a customer."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import ProtectedError

from q2c.customers.actions.drafts import ContactDraft, checked_contact
from q2c.customers.events import CustomerEdited
from q2c.customers.models import Contact, Customer, PortalLink
from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.bus import publish
from q2c.infra.locks import locked
from q2c.kernel.errors import Refused


@transaction.atomic
def add_contact(customer_id: int, draft: ContactDraft, *, by: User | None, at: datetime) -> Contact:
    """Add a person; the first one is the primary contact whatever is asked."""
    require(by, Permission.EDIT_CUSTOMERS)
    customer = locked(Customer, customer_id)
    values = checked_contact(draft)
    _check_email_is_free(customer, values["email"])
    is_first = not customer.contacts.exists()
    if values["is_primary"] or is_first:
        _clear_primary(customer)
        values["is_primary"] = True
    contact = Contact.objects.create(customer=customer, **values)
    _publish(customer, {"contact": [None, str(contact)]}, by=by, at=at)
    return contact


@transaction.atomic
def edit_contact(contact_id: int, draft: ContactDraft, *, by: User | None, at: datetime) -> Contact:
    """Replace what is known of a person; there stays one primary contact."""
    require(by, Permission.EDIT_CUSTOMERS)
    customer = locked(Customer, _customer_of(contact_id))
    contact = locked(Contact, contact_id)
    before = {name: getattr(contact, name) for name in vars(draft)}
    values = checked_contact(draft)
    _check_email_is_free(customer, values["email"], besides=contact)
    if contact.is_primary and not values["is_primary"]:
        raise Refused("Make somebody else the primary contact instead.", field="is_primary")
    if values["is_primary"] and not contact.is_primary:
        _clear_primary(customer)
    for name, value in values.items():
        setattr(contact, name, value)
    contact.save(update_fields=list(values))
    changes = {
        f"contact {name.replace('_', ' ')}": [before[name], value]
        for name, value in values.items()
        if value != before[name]
    }
    if changes:
        _publish(customer, changes, by=by, at=at)
    return contact


@transaction.atomic
def remove_contact(contact_id: int, *, by: User | None, at: datetime) -> None:
    """Forget a person and revoke their portal links; refuses while a document names them."""
    require(by, Permission.EDIT_CUSTOMERS)
    customer = locked(Customer, _customer_of(contact_id))
    contact = locked(Contact, contact_id)
    words, was_primary = str(contact), contact.is_primary
    PortalLink.objects.filter(contact=contact, revoked_at=None).update(revoked_at=at)
    try:
        with transaction.atomic():
            contact.delete()
    except ProtectedError:
        raise Refused(
            f"{contact.name} is named on quotes, so they stay. Make somebody else primary instead."
        ) from None
    if was_primary and (heir := customer.contacts.order_by("pk").first()):
        heir.is_primary = True
        heir.save(update_fields=["is_primary"])
    _publish(customer, {"contact": [words, None]}, by=by, at=at)


def _customer_of(contact_id: int) -> int:
    customer_id = (
        Contact.objects.filter(pk=contact_id).values_list("customer_id", flat=True).first()
    )
    if customer_id is None:
        raise Refused("There is no such contact; somebody may have removed them.")
    return customer_id


def _check_email_is_free(customer: Customer, email: str, *, besides: Contact | None = None) -> None:
    others = customer.contacts.exclude(pk=besides.pk) if besides else customer.contacts.all()
    if other := others.filter(email__iexact=email).first():
        raise Refused(f"{other.name} has this e-mail address already.", field="email")


def _clear_primary(customer: Customer) -> None:
    customer.contacts.filter(is_primary=True).update(is_primary=False)


def _publish(
    customer: Customer, changes: dict[str, list[Any]], *, by: User | None, at: datetime
) -> None:
    customer.version += 1
    customer.save(update_fields=["version"])
    fact = CustomerEdited(at=at, customer_id=customer.pk)
    publish(fact, by=by, customer_id=customer.pk, changes=changes)
