from q2c.customers.models.customer import Address, Contact, Customer
from q2c.customers.models.legal_entity import LegalEntity
from q2c.customers.models.portal_link import PortalLink, PortalVisit

__all__ = ["Address", "Contact", "Customer", "LegalEntity", "PortalLink", "PortalVisit"]
