"""Customers for programs."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from q2c.api.fields import Id, Input
from q2c.api.filters import instants, number, search, text, truth
from q2c.api.resources import Resource, routes, verb
from q2c.customers import queries
from q2c.customers.actions import (
    AddressDraft,
    ContactDraft,
    CustomerDraft,
    add_contact,
    create_customer,
    edit_contact,
    edit_customer,
    remove_contact,
    remove_shipping_address,
    set_address,
)
from q2c.customers.models import Address, Contact, Customer, LegalEntity
from q2c.identity.roles import Permission
from q2c.kernel.errors import Refused

_TERMS = (
    "legal_name", "email", "currency", "legal_entity_id", "payment_terms_days", "language",
    "segment", "tax_id", "tax_exempt", "owner_id", "external_ref", "autopay",
)  # fmt: skip


class AddressSerializer(serializers.ModelSerializer):
    """An address; `country` is an ISO 3166 code."""

    class Meta:
        model = Address
        fields = ["kind", "street", "street2", "postal_code", "city", "region", "country"]
        read_only_fields = fields


class ContactSerializer(serializers.ModelSerializer):
    class Meta:
        model = Contact
        fields = ["id", "name", "email", "phone", "job_title", "is_primary"]
        read_only_fields = fields


class CustomerSummarySerializer(serializers.ModelSerializer):
    legal_entity_id = serializers.IntegerField()
    owner_id = serializers.IntegerField(allow_null=True)

    class Meta:
        model = Customer
        fields = ["id", "number", *_TERMS, "version", "created_at"]
        read_only_fields = fields


class CustomerSerializer(CustomerSummarySerializer):
    """A customer with its addresses and contacts."""

    addresses = AddressSerializer(many=True)
    contacts = ContactSerializer(many=True)

    class Meta(CustomerSummarySerializer.Meta):
        fields = [*CustomerSummarySerializer.Meta.fields, "addresses", "contacts"]
        read_only_fields = fields


class LegalEntitySerializer(serializers.ModelSerializer):
    class Meta:
        model = LegalEntity
        fields = [
            "id",
            "code",
            "name",
            "country",
            "tax_id",
            "currency",
            "time_zone",
            "tax_rounding",
        ]
        read_only_fields = fields


class AddressInput(Input):
    street = serializers.CharField(max_length=200)
    street2 = serializers.CharField(max_length=200, required=False, allow_blank=True)
    postal_code = serializers.CharField(max_length=20, required=False, allow_blank=True)
    city = serializers.CharField(max_length=100)
    region = serializers.CharField(max_length=50, required=False, allow_blank=True)
    country = serializers.CharField(max_length=2)


class ContactInput(Input):
    name = serializers.CharField(max_length=200)
    email = serializers.EmailField()
    phone = serializers.CharField(max_length=40, required=False, allow_blank=True)
    job_title = serializers.CharField(max_length=100, required=False, allow_blank=True)
    is_primary = serializers.BooleanField(required=False)


class TermsInput(Input):
    """The fields of a customer that may be changed; those left out stay."""

    legal_name = serializers.CharField(max_length=200, required=False)
    email = serializers.EmailField(required=False)
    currency = serializers.CharField(max_length=3, required=False)
    legal_entity_id = Id(required=False)
    payment_terms_days = serializers.IntegerField(required=False)
    language = serializers.CharField(max_length=8, required=False)
    segment = serializers.CharField(max_length=40, required=False, allow_blank=True)
    tax_id = serializers.CharField(max_length=30, required=False, allow_blank=True)
    tax_exempt = serializers.BooleanField(required=False)
    owner_id = Id(required=False, allow_null=True)
    external_ref = serializers.CharField(max_length=80, required=False, allow_null=True)
    autopay = serializers.BooleanField(required=False)


class CustomerInput(TermsInput):
    """A new customer; without an owner it is its key's user's."""

    legal_name = serializers.CharField(max_length=200)
    email = serializers.EmailField()
    currency = serializers.CharField(max_length=3)
    legal_entity_id = Id()
    billing_address = AddressInput()
    shipping_address = AddressInput(required=False, allow_null=True)
    contacts = ContactInput(many=True, required=False)


class Customers(Resource):
    """Those we sell to."""

    scope = "customers"
    permission = Permission.VIEW_CUSTOMERS
    serializer_class = CustomerSerializer
    summary_class = CustomerSummarySerializer
    version_field = "version"
    filters = {
        "q": search(queries.matching),
        "number": text("number"),
        "external_ref": text("external_ref"),
        "currency": text("currency"),
        "owner_id": number("owner_id"),
        "legal_entity_id": number("legal_entity_id"),
        "autopay": truth("autopay"),
        "created": instants("created_at"),
    }

    def rows(self) -> QuerySet[Customer]:
        return queries.customers()

    def whole(self, rows: QuerySet[Customer]) -> QuerySet[Customer]:
        return rows.prefetch_related("addresses", "contacts")

    @verb("customers:write", takes=CustomerInput, status=201, is_about_one=False)
    def create(self, data: dict[str, Any]) -> int:
        """Create a customer with its addresses and contacts."""
        shipping = data.pop("shipping_address", None)
        contacts = tuple(ContactDraft(**contact) for contact in data.pop("contacts", ()))
        draft = CustomerDraft(
            billing=AddressDraft(**data.pop("billing_address")),
            shipping=AddressDraft(**shipping) if shipping else None,
            contacts=contacts,
            **{"owner_id": self.by.pk, **data},
        )
        return create_customer(draft, by=self.by, at=self.at).pk

    @verb("customers:write", takes=TermsInput, method="patch")
    def partial_update(self, customer: Customer, data: dict[str, Any]) -> None:
        """Change some of a customer's terms."""
        seen = self.seen_version()
        edit_customer(customer.pk, data, seen=seen, by=self.by, at=self.at)

    @verb("customers:write", takes=AddressInput, path="billing-address", method="put")
    def set_billing_address(self, customer: Customer, data: dict[str, Any]) -> None:
        """Write the billing address."""
        draft = AddressDraft(**data)
        set_address(customer.pk, Address.BILLING, draft, by=self.by, at=self.at)

    @verb("customers:write", takes=AddressInput, path="shipping-address", method="put")
    def set_shipping_address(self, customer: Customer, data: dict[str, Any]) -> None:
        """Write the shipping address."""
        draft = AddressDraft(**data)
        set_address(customer.pk, Address.SHIPPING, draft, by=self.by, at=self.at)

    @verb("customers:write", beside=set_shipping_address, method="delete")
    def remove_shipping_address(self, customer: Customer) -> None:
        """Ship to the billing address from here on."""
        remove_shipping_address(customer.pk, by=self.by, at=self.at)

    @verb("customers:write", takes=ContactInput, path="contacts", status=201)
    def add_contact(self, customer: Customer, data: dict[str, Any]) -> None:
        """Add a contact."""
        add_contact(customer.pk, ContactDraft(**data), by=self.by, at=self.at)

    @verb("customers:write", takes=ContactInput, path=r"contacts/(?P<contact_id>\d+)", method="put")
    def edit_contact(self, customer: Customer, data: dict[str, Any], contact_id: int) -> None:
        """Replace a contact."""
        self._check_contact(customer, contact_id)
        edit_contact(contact_id, ContactDraft(**data), by=self.by, at=self.at)

    @verb("customers:write", beside=edit_contact, method="delete")
    def remove_contact(self, customer: Customer, contact_id: int) -> None:
        """Remove a contact and revoke their portal links."""
        self._check_contact(customer, contact_id)
        remove_contact(contact_id, by=self.by, at=self.at)

    def _check_contact(self, customer: Customer, contact_id: int) -> None:
        if contact_id not in {contact.pk for contact in customer.contacts.all()}:
            raise Refused(f"{customer.number} has no contact {contact_id}.")


class LegalEntities(Resource):
    """The companies of ours that bill; found by id or by code."""

    scope = "customers"
    permission = Permission.VIEW_CUSTOMERS
    serializer_class = LegalEntitySerializer
    order = ("code", "id")
    number_field = "code"

    def rows(self) -> QuerySet[LegalEntity]:
        return LegalEntity.objects.all()


api_urls = routes(("customers", Customers), ("legal-entities", LegalEntities))
