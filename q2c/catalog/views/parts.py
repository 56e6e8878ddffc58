"""A product's standalone prices, costs, pictures and versions."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from q2c.catalog import queries
from q2c.catalog.actions import (
    add_picture,
    remove_cost,
    remove_picture,
    remove_standalone_price,
    set_cost,
    set_standalone_price,
)
from q2c.catalog.forms import AmountForm, PictureForm
from q2c.catalog.models import Product, ProductPicture
from q2c.catalog.rules.versions import flat
from q2c.catalog.views.products import form_page, put_on_form
from q2c.identity.access import requires
from q2c.identity.roles import Permission
from q2c.kernel.errors import Refused
from q2c.kernel.money import Rate


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_CATALOG)
def price_new(request: HttpRequest, product_id: int) -> HttpResponse:
    return _amount(request, product_id, "Standalone price", set_standalone_price)


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_CATALOG)
def cost_new(request: HttpRequest, product_id: int) -> HttpResponse:
    return _amount(request, product_id, "Cost", set_cost)


def _amount(
    request: HttpRequest, product_id: int, title: str, act: Callable[..., Any]
) -> HttpResponse:
    product = get_object_or_404(Product, pk=product_id)
    today = timezone.localdate()
    form = AmountForm(request.POST or None, initial={"currency": "EUR", "starts_on": today})
    if request.method == "POST" and form.is_valid():
        cleaned = form.cleaned_data
        rate = Rate(cleaned["amount"], cleaned["currency"])
        try:
            act(
                product_id,
                rate,
                starts_on=cleaned["starts_on"],
                by=request.user,
                at=timezone.now(),
            )
        except Refused as refusal:
            put_on_form(form, refusal)
        else:
            return redirect("catalog:detail", product_id)
    return form_page(request, form, product, title)


@require_POST
@requires(Permission.EDIT_CATALOG)
def price_remove(request: HttpRequest, product_id: int, price_id: int) -> HttpResponse:
    by: Any = request.user
    remove_standalone_price(product_id, price_id, by=by, at=timezone.now())
    return redirect("catalog:detail", product_id)


@require_POST
@requires(Permission.EDIT_CATALOG)
def cost_remove(request: HttpRequest, product_id: int, cost_id: int) -> HttpResponse:
    by: Any = request.user
    remove_cost(product_id, cost_id, by=by, at=timezone.now())
    return redirect("catalog:detail", product_id)


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_CATALOG)
def picture_new(request: HttpRequest, product_id: int) -> HttpResponse:
    product = get_object_or_404(Product, pk=product_id)
    sent = request.method == "POST"
    form = PictureForm(*((request.POST, request.FILES) if sent else ()))
    if sent and form.is_valid():
        by: Any = request.user
        content = form.cleaned_data["picture"].read()
        words = form.cleaned_data["description"]
        try:
            add_picture(product_id, content, description=words, by=by, at=timezone.now())
        except Refused as refusal:
            put_on_form(form, refusal)
        else:
            return redirect("catalog:detail", product_id)
    return form_page(request, form, product, "New picture")


@require_POST
@requires(Permission.EDIT_CATALOG)
def picture_remove(request: HttpRequest, product_id: int, picture_id: int) -> HttpResponse:
    by: Any = request.user
    remove_picture(product_id, picture_id, by=by, at=timezone.now())
    return redirect("catalog:detail", product_id)


@require_GET
def picture(request: HttpRequest, sha256: str) -> HttpResponse:
    """Serve a product's picture to anybody: proposals show it without an account.

    It is found by the hash of its content, so it may be kept for ever.
    """
    found = ProductPicture.objects.filter(blob_id=sha256).select_related("blob").first()
    if found is None:
        raise Http404
    response = HttpResponse(bytes(found.blob.content), content_type=found.blob.media_type)
    patch_cache_control(response, public=True, max_age=31_536_000, immutable=True)
    return response


@require_GET
@requires(Permission.VIEW_CATALOG)
def version(request: HttpRequest, product_id: int, number: int) -> HttpResponse:
    """Show a product as it stood in a version."""
    product = get_object_or_404(Product, pk=product_id)
    user: Any = request.user
    with_margin = user.may(Permission.VIEW_MARGIN)
    content = queries.version_content(product_id, number, with_margin=with_margin)
    if content is None:
        raise Http404
    context = {"product": product, "number": number, "facts": sorted(flat(content).items())}
    return render(request, "catalog/version.html", context)
