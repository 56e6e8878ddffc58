"""Which price books there are for a deal."""

from datetime import date

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from q2c.customers.models import Address, Customer
from quotes.models import Price, PriceBook
from quotes.rules.price_books import Book, Choice, Deal, choose_book


def price_books() -> QuerySet[PriceBook]:
    """Return all books with how many prices each holds, those in use first."""
    books = PriceBook.objects.select_related("customer", "base")
    return books.annotate(price_count=Count("prices")).order_by("-is_active", "-priority", "name")


def region_of(customer_id: int) -> str:
    """Return where a customer is billed: DE, or with a state US-CA; empty without an address."""
    address = Address.objects.filter(customer_id=customer_id, kind=Address.BILLING).first()
    if address is None:
        return ""
    return f"{address.country}-{address.region}".removesuffix("-").upper()


def choice_of_book(customer: Customer, *, channel: str, on: date) -> Choice:
    """Choose among the books in use for a quote whose term starts on a day."""
    holds = Price.objects.filter(
        Q(price_book=OuterRef("pk")) | Q(price_book=OuterRef("base")),
    )
    found = PriceBook.objects.filter(is_active=True).annotate(has_prices=Exists(holds))
    names = (
        "id", "name", "currency", "customer_id", "region", "channel", "segment", "starts_on",
        "ends_on", "priority", "has_prices",
    )  # fmt: skip
    deal = Deal(
        currency=customer.currency,
        on=on,
        customer_id=customer.pk,
        region=region_of(customer.pk),
        channel=channel,
        segment=customer.segment,
    )
    return choose_book([Book(**row) for row in found.values(*names)], deal)


def contract_book(customer_id: int, *, currency: str, on: date) -> PriceBook | None:
    """Return the book of prices agreed with a customer that holds on a day."""
    own = PriceBook.objects.filter(
        Q(starts_on=None) | Q(starts_on__lte=on),
        Q(ends_on=None) | Q(ends_on__gt=on),
        is_active=True,
        customer_id=customer_id,
        currency=currency,
    )
    return own.order_by("-priority", "id").first()
