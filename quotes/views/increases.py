"""Raise the prices of a book: a look at old and new first."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from q2c.catalog.models import Product
from q2c.identity.access import requires
from q2c.identity.roles import Permission
from q2c.kernel.errors import Refused
from quotes.actions import preview_increase, raise_prices
from quotes.forms import DATE, NumberField, PercentField, put_on_form
from quotes.models import PriceBook
from quotes.rules.increases import Increase


class IncreaseForm(forms.Form):
    """By how much, of what, from when."""

    percent = PercentField(max_digits=7, decimal_places=4, required=False, label="By per cent")
    amount = NumberField(
        max_digits=18,
        decimal_places=8,
        required=False,
        label="Or by an amount",
        help_text="A unit and period.",
    )
    starts_on = forms.DateField(widget=forms.DateInput(attrs=DATE, format="%Y-%m-%d"), label="From")
    products = forms.ModelMultipleChoiceField(
        Product.objects.none(),
        required=False,
        help_text="None chosen: all. Percentages of other lines, and what takes off, stay.",
    )

    def __init__(self, *args: Any, book: PriceBook, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sold = Product.objects.filter(pk__in=book.prices.values("product_id")).order_by("sku")
        self.fields["products"].queryset = sold  # type: ignore[attr-defined]


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_CATALOG)
def increase(request: HttpRequest, book_id: int) -> HttpResponse:
    book, user = get_object_or_404(PriceBook, pk=book_id), request.user
    by: Any = user
    form = IncreaseForm(request.POST or None, book=book)
    raised = None
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        much = Increase(book.currency, percent=data["percent"], amount=data["amount"])
        chosen = [product.pk for product in data["products"]]
        try:
            if request.POST.get("do") == "write":
                count = raise_prices(
                    book_id, much, product_ids=chosen, on=data["starts_on"], by=by,
                    at=timezone.now(),
                )  # fmt: skip
                messages.success(request, f"{count} prices hold from {data['starts_on']:%d %b %Y}.")
                return redirect("quotes:price_book", book_id)
            raised = preview_increase(book, much, product_ids=chosen, on=data["starts_on"])
        except Refused as refusal:
            put_on_form(form, refusal)
    context = {"form": form, "book": book, "raised": raised}
    status = 422 if form.errors else 200
    return render(request, "quotes/price_increase.html", context, status=status)
