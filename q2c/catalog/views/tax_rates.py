"""The pages of the tax rates."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from q2c.catalog import queries
from q2c.catalog.actions import add_tax_rate, end_tax_rate
from q2c.catalog.forms import EndForm, TaxRateForm
from q2c.catalog.models import TaxRate
from q2c.catalog.views.products import form_page, put_on_form
from q2c.identity.access import requires
from q2c.identity.roles import Permission
from q2c.kernel.errors import Refused


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
