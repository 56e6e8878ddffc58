from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.http import require_GET, require_http_methods

from q2c.customers import queries
from q2c.customers.actions import create_customer, edit_customer
from q2c.customers.forms import CustomerForm, NewCustomerForms
from q2c.customers.models import Address, Customer
from q2c.identity.access import requires
from q2c.identity.roles import Permission
from q2c.infra.bus import history
from q2c.kernel.errors import Refused, StaleVersion
from q2c.web.registry import panels_for
from q2c.web.shortcuts import csv_response, page_of

_ORDERS = {"newest": ("-created_at", "-id"), "name": ("legal_name", "id")}
_CSV = [
    "number", "legal_name", "email", "tax_id", "currency", "payment_terms_days", "language",
    "segment",    "legal_entity", "owner", "external_ref", "created_at",
]  # fmt: skip


@require_GET
@requires(Permission.VIEW_CUSTOMERS)
def list_(request: HttpRequest) -> HttpResponse:
    query, scope = request.GET.get("q", "").strip(), request.GET.get("of", "all")
    sort = request.GET.get("sort", "newest")
    context = {
        "page": page_of(_filtered(request), request, order=_ORDERS.get(sort, _ORDERS["newest"])),
        "query": query,
        "sort": sort,
        "keep": {name: request.GET[name] for name in ("of", "sort") if request.GET.get(name)},
        "is_filtered": bool(query) or scope == "mine",
        "tabs": [
            {"label": "All", "url": "?", "current": scope != "mine"},
            {"label": "Mine", "url": "?of=mine", "current": scope == "mine"},
        ],
    }
    return render(request, "customers/list.html", context)


@require_GET
@requires(Permission.VIEW_CUSTOMERS)
def export(request: HttpRequest) -> HttpResponseBase:
    rows = _filtered(request).order_by("legal_name", "id").iterator(chunk_size=2000)
    return csv_response("customers.csv", _CSV, ([getattr(c, n) for n in _CSV] for c in rows))


def _filtered(request: HttpRequest) -> Any:
    rows = queries.matching(queries.customers(), request.GET.get("q", "").strip())
    return rows.filter(owner_id=request.user.pk) if request.GET.get("of") == "mine" else rows


@require_GET
@requires(Permission.VIEW_CUSTOMERS)
def detail(request: HttpRequest, customer_id: int) -> HttpResponse:
    return show_customer(request, customer_id)


def show_customer(request: HttpRequest, customer_id: int, *, portal_link: str = "") -> HttpResponse:
    """Render all that is known of a customer; other apps fill in their panels."""
    customer = get_object_or_404(queries.customers(), pk=customer_id)
    addresses = {address.kind: address for address in customer.addresses.all()}
    context = {
        "customer": customer,
        "billing": addresses.get(Address.BILLING),
        "shipping": addresses.get(Address.SHIPPING),
        "contacts": queries.contacts_of(customer_id),
        "panels": panels_for(request.user, "customer"),  # type: ignore[arg-type]
        "events": history("customer", customer_id)[:30],
        "facts": _facts(customer),
        "portal_link": portal_link,
    }
    return render(request, "customers/detail.html", context)


def _facts(customer: Customer) -> list[tuple[str, Any]]:
    return [
        ("Billed by", customer.legal_entity),
        ("Currency", customer.currency),
        ("Payment terms", f"{customer.payment_terms_days} days"),
        ("Invoices to", customer.email),
        ("Language", customer.get_language_display()),
        ("Segment", customer.segment.capitalize()),
        ("Tax id", customer.tax_id),
        ("Tax", "Exempt" if customer.tax_exempt else "By place"),
        ("Pays", "Automatically" if customer.autopay else "On request"),
        ("Owner", customer.owner),
        ("Your reference", customer.external_ref),
    ]


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_CUSTOMERS)
def new(request: HttpRequest) -> HttpResponse:
    owner: Any = request.user
    forms = NewCustomerForms(request.POST or None, owner=owner)
    if request.method == "POST" and forms.is_valid():
        try:
            customer = create_customer(forms.draft(), by=owner, at=timezone.now())
        except Refused as refusal:
            put_on_form(forms.terms, refusal)
        else:
            messages.success(request, f"{customer.number} {customer.legal_name} is created.")
            return redirect(_after_new(request, customer))
    return render(
        request,
        "customers/new.html",
        {"forms": forms, "next": request.GET.get("next", "")},
        status=422 if request.method == "POST" else 200,
    )


def _after_new(request: HttpRequest, customer: Customer) -> str:
    onward = request.POST.get("next", "")
    if onward and url_has_allowed_host_and_scheme(onward, {request.get_host()}):
        return f"{onward}{'&' if '?' in onward else '?'}{urlencode({'customer': customer.pk})}"
    return reverse("customers:detail", args=[customer.pk])


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_CUSTOMERS)
def edit(request: HttpRequest, customer_id: int) -> HttpResponse:
    customer = get_object_or_404(queries.customers(), pk=customer_id)
    form = CustomerForm(request.POST or None, initial=CustomerForm.initial_of(customer))
    status = 422 if request.method == "POST" else 200
    if request.method == "POST" and form.is_valid():
        try:
            edit_customer(
                customer_id,
                form.terms(),
                seen=form.cleaned_data["version"],
                by=request.user,  # type: ignore[arg-type]
                at=timezone.now(),
            )
        except StaleVersion as refusal:
            status = 409
            form = _with_theirs(request, form, customer, refusal)
        except Refused as refusal:
            put_on_form(form, refusal)
        else:
            return redirect("customers:detail", customer_id)
    context = {"form": form, "customer": customer, "title": "Edit"}
    return render(request, "customers/form.html", context, status=status)


def _with_theirs(
    request: HttpRequest, form: CustomerForm, customer: Customer, refusal: Refused
) -> CustomerForm:
    """Show beside each differing field what the other person saved; saving again is a choice."""
    data = request.POST.copy()
    data["version"] = str(customer.version)
    fresh = CustomerForm(data, initial=CustomerForm.initial_of(customer))
    fresh.is_valid()
    fresh.add_error(None, f"{refusal.message} Save again to keep yours.")
    for name in fresh.changed_data:
        stored = getattr(customer, name)
        fresh.add_error(name, f"Now stored: {stored if stored not in (None, '') else 'nothing'}")
    return fresh


def put_on_form(form: Any, refusal: Refused) -> None:
    """Place a refusal beside the field it names, else on top of the form."""
    form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
