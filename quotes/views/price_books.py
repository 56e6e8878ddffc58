"""Pages of the price books: what products list at."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from q2c.catalog.models import Product, ProductKind
from q2c.identity.access import requires
from q2c.identity.roles import Permission
from q2c.infra.bus import history
from q2c.infra.clock import day_in
from q2c.kernel.errors import Refused
from q2c.web.shortcuts import page_of
from q2c.web.templatetags.q2c import day, last_day
from quotes.actions import (
    add_price_book,
    change_price,
    change_price_book,
    set_price,
)
from quotes.forms import put_on_form
from quotes.models import Price, PriceBook
from quotes.queries import price_books
from quotes.views.price_book_form import PriceBookForm
from quotes.views.price_form import PriceForm

_ORDER = ("product__sku", "months", "weeks", "starts_on", "id")


@require_GET
@requires(Permission.VIEW_CATALOG)
def list_(request: HttpRequest) -> HttpResponse:
    return render(request, "quotes/price_books.html", {"books": price_books()})


@require_GET
@requires(Permission.VIEW_CATALOG)
def detail(request: HttpRequest, book_id: int) -> HttpResponse:
    book = get_object_or_404(PriceBook.objects.select_related("base", "customer"), pk=book_id)
    query = request.GET.get("q", "").strip()
    prices = book.prices.select_related("product")
    for word in query.split():
        prices = prices.filter(product__name__icontains=word) | prices.filter(
            product__sku__icontains=word
        )
    context = {
        "book": book,
        "facts": _facts(book),
        "page": page_of(prices, request, order=_ORDER),
        "query": query,
        "today": day_in("UTC", timezone.now()),
        "events": history("price_book", book_id)[:30],
    }
    return render(request, "quotes/price_book.html", context)


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_CATALOG)
def new(request: HttpRequest) -> HttpResponse:
    form, by = PriceBookForm(request.POST or None), _user(request)
    if request.method == "POST" and form.is_valid():
        try:
            book = add_price_book(form.draft(), by=by, at=timezone.now())
        except Refused as refusal:
            put_on_form(form, refusal)
        else:
            messages.success(request, f"{book.name} is open. Add its prices.")
            return redirect("quotes:price_book", book.pk)
    return _form(request, form, "New price book", None)


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_CATALOG)
def edit(request: HttpRequest, book_id: int) -> HttpResponse:
    book, by = get_object_or_404(PriceBook, pk=book_id), _user(request)
    form = PriceBookForm(request.POST or None, book=book)
    if request.method == "POST" and form.is_valid():
        try:
            change_price_book(book_id, form.draft(), by=by, at=timezone.now())
        except Refused as refusal:
            put_on_form(form, refusal)
        else:
            return redirect("quotes:price_book", book_id)
    return _form(request, form, f"Edit {book.name}", book)


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_CATALOG)
def price_new(request: HttpRequest, book_id: int) -> HttpResponse:
    book, by = get_object_or_404(PriceBook, pk=book_id), _user(request)
    initial = {"starts_on": day_in("UTC", timezone.now()), "product": request.GET.get("product")}
    form = PriceForm(request.POST or None, products=_products(), initial=initial | _typed(request))
    if _typed(request):
        return render(request, "quotes/_price_terms.html", {"form": form, "book": book})
    if request.method == "POST" and form.is_valid():
        try:
            price = set_price(book_id, form.draft(), by=by, at=timezone.now())
        except Refused as refusal:
            put_on_form(form, refusal)
        else:
            messages.success(request, f"{price.product.name} has its price.")
            return redirect("quotes:price_book", book_id)
    title = f"New price in {book.currency}"
    return _form(request, form, title, book, page="quotes/price_form.html")


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_CATALOG)
def price(request: HttpRequest, book_id: int, price_id: int) -> HttpResponse:
    found = Price.objects.select_related("price_book", "product")
    stored, by = get_object_or_404(found, pk=price_id, price_book_id=book_id), _user(request)
    typed = _typed(request)
    form = PriceForm(
        request.POST or None, products=Product.objects.all(), price=stored, initial=typed
    )
    if typed:
        context = {"form": form, "book": stored.price_book}
        return render(request, "quotes/_price_terms.html", context)
    if request.method == "POST" and form.is_valid():
        try:
            change_price(price_id, form.draft(), by=by, at=timezone.now())
        except Refused as refusal:
            put_on_form(form, refusal)
        else:
            return redirect("quotes:price_book", book_id)
    title = f"{stored.product.name}, price in {stored.price_book.currency}"
    return _form(request, form, title, stored.price_book, page="quotes/price_form.html")


def _typed(request: HttpRequest) -> dict[str, Any]:
    """Return what stands in the form while somebody types; htmx asks what it would cost."""
    return request.GET.dict() if request.method == "GET" and "charge_model" in request.GET else {}


def _facts(book: PriceBook) -> list[tuple[str, Any]]:
    """Return whom a book is for, as far as it says."""
    days = [f"from {day(book.starts_on)}"] if book.starts_on else []
    days += [f"until {last_day(book.ends_on)}"] if book.ends_on else []
    return [
        ("Contract prices of", book.customer),
        ("Segment", book.segment.capitalize()),
        ("Channel", book.channel.capitalize()),
        ("Region", book.region),
        ("Quotes that start", " ".join(days)),
        ("Priority", str(book.priority or "")),
        ("Gaps filled from", book.base),
    ]


def _products() -> Any:
    return Product.objects.filter(is_active=True).exclude(kind=ProductKind.BUNDLE).order_by("sku")


def _form(
    request: HttpRequest,
    form: Any,
    title: str,
    book: PriceBook | None,
    *,
    page: str = "quotes/price_book_form.html",
) -> HttpResponse:
    context = {"form": form, "title": title, "book": book}
    status = 422 if request.method == "POST" else 200
    return render(request, page, context, status=status)


def _user(request: HttpRequest) -> Any:
    return request.user
