"""The pages of a customer's contacts, addresses and portal link."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from q2c.customers.actions import (
    add_contact,
    edit_contact,
    remove_contact,
    remove_shipping_address,
    set_address,
    share_account,
)
from q2c.customers.forms import AddressForm, ContactForm
from q2c.customers.models import Address, Contact, Customer
from q2c.customers.views.staff import put_on_form, show_customer
from q2c.identity.access import requires
from q2c.identity.roles import Permission
from q2c.kernel.errors import Refused


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_CUSTOMERS)
def contact_new(request: HttpRequest, customer_id: int) -> HttpResponse:
    customer = get_object_or_404(Customer, pk=customer_id)
    form = ContactForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        by: Any = request.user
        try:
            add_contact(customer_id, form.draft(), by=by, at=timezone.now())
        except Refused as refusal:
            put_on_form(form, refusal)
        else:
            return redirect("customers:detail", customer_id)
    return _page(request, customer, form, "New contact")


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_CUSTOMERS)
def contact_edit(request: HttpRequest, customer_id: int, contact_id: int) -> HttpResponse:
    contact = get_object_or_404(Contact, pk=contact_id, customer_id=customer_id)
    form = ContactForm(request.POST or None, initial=ContactForm.initial_of(contact))
    if request.method == "POST" and form.is_valid():
        by: Any = request.user
        try:
            edit_contact(contact_id, form.draft(), by=by, at=timezone.now())
        except Refused as refusal:
            put_on_form(form, refusal)
        else:
            return redirect("customers:detail", customer_id)
    return _page(request, contact.customer, form, f"Edit {contact.name}")


@require_POST
@requires(Permission.EDIT_CUSTOMERS)
def contact_remove(request: HttpRequest, customer_id: int, contact_id: int) -> HttpResponse:
    contact = get_object_or_404(Contact, pk=contact_id, customer_id=customer_id)
    by: Any = request.user
    remove_contact(contact_id, by=by, at=timezone.now())
    messages.success(request, f"{contact.name} is removed; their private links no longer open.")
    return redirect("customers:detail", customer_id)


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_CUSTOMERS)
def address(request: HttpRequest, customer_id: int, kind: str) -> HttpResponse:
    if kind not in (Address.BILLING, Address.SHIPPING):
        raise Http404
    customer = get_object_or_404(Customer, pk=customer_id)
    stored = customer.addresses.filter(kind=kind).first()
    initial = AddressForm.initial_of(stored) if stored else {}
    form = AddressForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        by: Any = request.user
        try:
            set_address(customer_id, kind, form.draft(), by=by, at=timezone.now())
        except Refused as refusal:
            put_on_form(form, refusal)
        else:
            return redirect("customers:detail", customer_id)
    return _page(request, customer, form, f"{kind.capitalize()} address")


@require_POST
@requires(Permission.EDIT_CUSTOMERS)
def address_remove(request: HttpRequest, customer_id: int) -> HttpResponse:
    by: Any = request.user
    remove_shipping_address(customer_id, by=by, at=timezone.now())
    return redirect("customers:detail", customer_id)


@require_POST
@requires(Permission.EDIT_CUSTOMERS)
def portal_link(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Make a link to the customer's account page and show it this once; it is kept nowhere."""
    by: Any = request.user
    url = share_account(customer_id, by=by, at=timezone.now())
    response = show_customer(request, customer_id, portal_link=url)
    response["Cache-Control"] = "no-store"
    return response


def _page(request: HttpRequest, customer: Customer, form: Any, title: str) -> HttpResponse:
    context = {"form": form, "customer": customer, "title": title}
    status = 422 if request.method == "POST" else 200
    return render(request, "customers/form.html", context, status=status)
