from q2c.customers.actions.addresses import remove_shipping_address, set_address
from q2c.customers.actions.bulk import bring_in_customers
from q2c.customers.actions.contacts import add_contact, edit_contact, remove_contact
from q2c.customers.actions.customers import create_customer, edit_customer
from q2c.customers.actions.drafts import AddressDraft, ContactDraft, CustomerDraft
from q2c.customers.actions.legal_entities import create_legal_entity, edit_legal_entity, set_logo
from q2c.customers.actions.links import send_fresh_links, share_account

__all__ = [
    "AddressDraft",
    "ContactDraft",
    "CustomerDraft",
    "add_contact",
    "bring_in_customers",
    "create_customer",
    "create_legal_entity",
    "edit_contact",
    "edit_customer",
    "edit_legal_entity",
    "remove_contact",
    "remove_shipping_address",
    "send_fresh_links",
    "set_address",
    "set_logo",
    "share_account",
]
