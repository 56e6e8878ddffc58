"""The pages of a bundle's options."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from q2c.catalog.actions import (
    remove_bundle_option,
    set_bundle_option,
)
from q2c.catalog.forms import OptionForm
from q2c.catalog.models import BundleOption, Product, ProductKind
from q2c.catalog.views.products import form_page, put_on_form
from q2c.identity.access import requires
from q2c.identity.roles import Permission
from q2c.kernel.errors import Refused


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
