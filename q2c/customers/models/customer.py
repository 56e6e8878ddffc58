from django.conf import settings
from django.db import models
from django.db.models import Q


class Customer(models.Model):
    """A company or person we sell to."""

    number = models.CharField(max_length=20, unique=True)
    legal_entity = models.ForeignKey("customers.LegalEntity", models.PROTECT, related_name="+")
    legal_name = models.CharField(max_length=200)
    currency = models.CharField(max_length=3)
    payment_terms_days = models.PositiveSmallIntegerField(default=30)
    language = models.CharField(max_length=8, choices=settings.LANGUAGES, default="en")
    # One of settings.CUSTOMER_SEGMENTS; prices may depend on it.
    segment = models.CharField(max_length=40, blank=True, default="", db_default="")
    tax_id = models.CharField(max_length=30, blank=True, default="")
    tax_exempt = models.BooleanField(default=False)
    email = models.EmailField(help_text="Where invoices go")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    external_ref = models.CharField(max_length=80, null=True, blank=True, unique=True)
    autopay = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["legal_name"], name="customer_by_name"),
            models.Index(fields=["-created_at", "-id"], name="customer_newest"),
        ]
        constraints = [
            models.CheckConstraint(
                name="customer_payment_terms_within_a_year",
                condition=Q(payment_terms_days__lte=365),
            ),
            models.CheckConstraint(name="customer_has_a_name", condition=~Q(legal_name="")),
        ]

    def __str__(self) -> str:
        return self.legal_name


class Address(models.Model):
    """Where a customer is billed, or where goods go."""

    BILLING, SHIPPING = "billing", "shipping"

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="addresses")
    kind = models.CharField(max_length=8, choices=[(BILLING, "Billing"), (SHIPPING, "Shipping")])
    street = models.CharField(max_length=200)
    street2 = models.CharField(max_length=200, blank=True, default="")
    postal_code = models.CharField(max_length=20, blank=True, default="")
    city = models.CharField(max_length=100)
    region = models.CharField(max_length=50, blank=True, default="")
    country = models.CharField(max_length=2)

    class Meta:
        verbose_name_plural = "addresses"
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "kind"], name="one_address_of_a_kind_per_customer"
            )
        ]

    def __str__(self) -> str:
        return f"{self.street}, {self.postal_code} {self.city}, {self.country}"


class Contact(models.Model):
    """A person at the customer; one of them is the first to write to."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="contacts")
    name = models.CharField(max_length=200)
    email = models.EmailField()
    phone = models.CharField(max_length=40, blank=True, default="")
    job_title = models.CharField(max_length=100, blank=True, default="")
    is_primary = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer"], condition=Q(is_primary=True), name="one_primary_contact"
            ),
            models.UniqueConstraint(fields=["customer", "email"], name="one_contact_per_email"),
        ]

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"
