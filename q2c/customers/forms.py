from typing import Any

from django import forms
from django.conf import settings

from q2c.customers.actions import AddressDraft, ContactDraft, CustomerDraft
from q2c.customers.actions.legal_entities import FIELDS as ENTITY_FIELDS
from q2c.customers.models import Address, Contact, Customer, LegalEntity
from q2c.identity.models import User
from q2c.kernel.codes import country_names, currency_names

_TERMS = (
    "legal_name", "email", "currency", "payment_terms_days", "language", "segment", "tax_id",
    "tax_exempt",
)  # fmt: skip


def _countries() -> list[tuple[str, str]]:
    return [("", "Choose…"), *((code, name) for code, name in country_names().items())]


def _currencies() -> list[tuple[str, str]]:
    return [(code, f"{code} – {name}") for code, name in currency_names().items()]


class CustomerForm(forms.Form):
    """A customer's own terms."""

    legal_name = forms.CharField(max_length=200, label="Legal name")
    email = forms.EmailField(label="Invoices go to", help_text="An e-mail address.")
    tax_id = forms.CharField(
        max_length=30, required=False, label="Tax id", help_text="For example DE811569869."
    )
    tax_exempt = forms.BooleanField(required=False, label="Exempt from tax")
    legal_entity = forms.ModelChoiceField(
        LegalEntity.objects.order_by("name"), label="Billed by", empty_label=None
    )
    currency = forms.ChoiceField(choices=_currencies)
    payment_terms_days = forms.IntegerField(
        min_value=0, max_value=365, initial=30, label="Payment terms", help_text="In days."
    )
    language = forms.ChoiceField(choices=settings.LANGUAGES, label="Language of documents")
    segment = forms.ChoiceField(
        choices=lambda: [("", "None"), *((s, s.capitalize()) for s in settings.CUSTOMER_SEGMENTS)],
        required=False,
        help_text="Prices may depend on it.",
    )
    owner = forms.ModelChoiceField(
        User.objects.filter(is_active=True), required=False, empty_label="Nobody"
    )
    external_ref = forms.CharField(
        max_length=80, required=False, label="Your reference", help_text="Their id elsewhere."
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def terms(self) -> dict[str, Any]:
        """Return the fields as the actions name them."""
        cleaned = self.cleaned_data
        return {
            **{name: cleaned[name] for name in _TERMS},
            "legal_entity_id": cleaned["legal_entity"].pk,
            "owner_id": cleaned["owner"].pk if cleaned["owner"] else None,
            "external_ref": cleaned["external_ref"] or None,
        }

    @staticmethod
    def initial_of(customer: Customer) -> dict[str, Any]:
        names = (*_TERMS, "legal_entity", "owner", "external_ref", "version")
        return {name: getattr(customer, name) for name in names}


class AddressForm(forms.Form):
    """One address. Left empty, an optional one is none."""

    street = forms.CharField(max_length=200, label="Street and number")
    street2 = forms.CharField(max_length=200, required=False, label="Further line")
    postal_code = forms.CharField(max_length=20, required=False, label="Postal code")
    city = forms.CharField(max_length=100)
    region = forms.CharField(
        max_length=50, required=False, label="State or region", help_text="In the US: CA, NY, …"
    )
    country = forms.ChoiceField(choices=_countries)

    def draft(self) -> AddressDraft:
        return AddressDraft(**self.cleaned_data)

    @staticmethod
    def initial_of(address: Address) -> dict[str, Any]:
        return {name: getattr(address, name) for name in AddressForm.base_fields}


class ContactForm(forms.Form):
    """One person at the customer."""

    name = forms.CharField(max_length=200)
    email = forms.EmailField(label="E-mail")
    phone = forms.CharField(max_length=40, required=False)
    job_title = forms.CharField(max_length=100, required=False, label="Job title")
    is_primary = forms.BooleanField(
        required=False, label="Primary contact", help_text="Quotes and letters go to them first."
    )

    def draft(self) -> ContactDraft:
        return ContactDraft(**self.cleaned_data)

    @staticmethod
    def initial_of(contact: Contact) -> dict[str, Any]:
        return {name: getattr(contact, name) for name in ContactForm.base_fields}


class NewCustomerForms:
    """The four forms of a new customer, as one."""

    def __init__(self, data: Any = None, *, owner: User | None = None) -> None:
        self.terms = CustomerForm(data, initial={"owner": owner, "currency": "EUR"})
        self.billing = AddressForm(data, prefix="billing")
        self.shipping = AddressForm(
            data, prefix="shipping", empty_permitted=True, use_required_attribute=False
        )
        self.contact = ContactForm(
            data, prefix="contact", empty_permitted=True, use_required_attribute=False
        )
        del self.contact.fields["is_primary"]

    def is_valid(self) -> bool:
        forms_ = (self.terms, self.billing, self.shipping, self.contact)
        valid = [form.is_valid() for form in forms_]  # ask all, to show every error
        return all(valid)

    def draft(self) -> CustomerDraft:
        """Return the whole customer as told."""
        contacts = (self.contact.draft(),) if self.contact.has_changed() else ()
        return CustomerDraft(
            **self.terms.terms(),
            billing=self.billing.draft(),
            shipping=self.shipping.draft() if self.shipping.has_changed() else None,
            contacts=contacts,
        )


class LegalEntityForm(forms.ModelForm):
    """A company of ours; written by the action, not by the form."""

    country = forms.ChoiceField(choices=_countries)
    currency = forms.ChoiceField(choices=_currencies)

    class Meta:
        model = LegalEntity
        fields = ENTITY_FIELDS
        labels = {
            "iban": "IBAN",
            "bic": "BIC",
            "tax_id": "Tax id",
            "time_zone": "Time zone",
            "accent_color": "Accent colour",
            "tax_rounding": "Tax is rounded",
        }
        help_texts = {
            "code": "Short, such as DE; it stays.",
            "time_zone": "Business dates are its days: for example Europe/Berlin.",
            "email": "Customers answer to it.",
            "tax_rounding": "Issued invoices keep the way they were taxed.",
            "accent_color": "Of offers and other pages for customers, such as #0a66c2.",
        }

    def _post_clean(self) -> None:
        """Leave the rules to the action, so that they hold for every door."""
