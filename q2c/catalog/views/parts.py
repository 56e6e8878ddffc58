"""The pages of a product's options and standalone prices, and of the tax rates."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from q2c.catalog import queries
from q2c.catalog.actions import (
    add_tax_rate,
    end_tax_rate,
    remove_bundle_option,
    set_bundle_option,
    set_standalone_price,
)
from q2c.catalog.forms import EndForm, OptionForm, StandalonePriceForm, TaxRateForm
from q2c.catalog.models import BundleOption, Product, ProductKind, TaxRate
from q2c.catalog.views.products import form_page, put_on_form
from q2c.identity.access import requires
from q2c.identity.roles import Permission
from q2c.kernel.errors import Refused
from q2c.kernel.money import Rate


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_CATALOG)
def option_new(request: HttpRequest, product_id: int) -> HttpResponse:
    bundle = get_object_or_404(Product, pk=product_id, kind=ProductKind.BUNDLE)
    return _option(request, bundle, OptionForm(request.POST or None), "New option")


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_CATALOG)
def option_edit(request: HttpRequest, product_id: int, option_id: int) -> HttpResponse:
    option = get_object_or_404(BundleOption, pk=option_id, bundle_id=product_id)
    form = OptionForm(request.POST or None, initial=OptionForm.initial_of(option))
    form.fields["product"].disabled = True
    return _option(request, option.bundle, form, f"Option {option.product.sku}")


def _option(request: HttpRequest, bundle: Product, form: OptionForm, title: str) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        by: Any = request.user
        product_id = form.cleaned_data["product"].pk
        try:
            set_bundle_option(bundle.pk, product_id, form.draft(), by=by, at=timezone.now())
        except Refused as refusal:
            put_on_form(form, refusal)
        else:
            return redirect("catalog:detail", bundle.pk)
    return form_page(request, form, bundle, title)


@require_POST
@requires(Permission.EDIT_CATALOG)
def option_remove(request: HttpRequest, product_id: int, option_id: int) -> HttpResponse:
    by: Any = request.user
    remove_bundle_option(product_id, option_id, by=by, at=timezone.now())
    return redirect("catalog:detail", product_id)


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_CATALOG)
def price_new(request: HttpRequest, product_id: int) -> HttpResponse:
    product = get_object_or_404(Product, pk=product_id)
    form = StandalonePriceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        by: Any = request.user
        cleaned = form.cleaned_data
        rate, starts_on = Rate(cleaned["amount"], cleaned["currency"]), cleaned["starts_on"]
        try:
            set_standalone_price(product_id, rate, starts_on=starts_on, by=by, at=timezone.now())
        except Refused as refusal:
            put_on_form(form, refusal)
        else:
            return redirect("catalog:detail", product_id)
    return form_page(request, form, product, "Standalone price")


@require_GET
@requires(Permission.VIEW_CATALOG)
def tax_rates(request: HttpRequest) -> HttpResponse:
    return _tax_rates(request, TaxRateForm(), status=200)


@require_POST
@requires(Permission.MANAGE_SETTINGS)
def tax_rate_add(request: HttpRequest) -> HttpResponse:
    form = TaxRateForm(request.POST)
    if form.is_valid():
        by: Any = request.user
        try:
            add_tax_rate(form.draft(), by=by, at=timezone.now())
        except Refused as refusal:
            put_on_form(form, refusal)
        else:
            return redirect("catalog:tax_rates")
    return _tax_rates(request, form, status=422)


@require_http_methods(["GET", "POST"])
@requires(Permission.MANAGE_SETTINGS)
def tax_rate_end(request: HttpRequest, rate_id: int) -> HttpResponse:
    rate = get_object_or_404(TaxRate, pk=rate_id)
    form = EndForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        by: Any = request.user
        try:
            end_tax_rate(rate_id, on=form.cleaned_data["ends_on"], by=by, at=timezone.now())
        except Refused as refusal:
            put_on_form(form, refusal)
        else:
            return redirect("catalog:tax_rates")
    return form_page(request, form, None, f"End the rate {rate}")


def _tax_rates(request: HttpRequest, form: TaxRateForm, *, status: int) -> HttpResponse:
    context = {"rates": queries.tax_rates(), "form": form, "today": timezone.localdate()}
    return render(request, "catalog/tax_rates.html", context, status=status)
