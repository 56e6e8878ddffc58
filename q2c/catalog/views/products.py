from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from q2c.catalog import queries
from q2c.catalog.actions import create_product, edit_product
from q2c.catalog.bundles import bundle_trees
from q2c.catalog.forms import ProductForm
from q2c.catalog.models import BundleOption, Product, ProductKind
from q2c.catalog.rules.configuring import bounds, configure
from q2c.identity.access import requires
from q2c.identity.roles import Permission
from q2c.kernel.errors import Refused, StaleVersion
from q2c.web.registry import panels_for
from q2c.web.shortcuts import csv_response, page_of
from q2c.web.templatetags.q2c import day

_CSV = [
    "sku", "name", "kind", "category", "unit", "tax_class", "revenue_pattern", "is_active", "created_at",
]  # fmt: skip


@require_GET
@requires(Permission.VIEW_CATALOG)
def list_(request: HttpRequest) -> HttpResponse:
    chosen = {name: request.GET.get(name, "").strip() for name in ("q", "kind", "category")}
    chosen["sold"] = request.GET.get("sold", "now")
    tabs = [("", "All"), *ProductKind.choices]
    context = {
        "page": page_of(_filtered(request), request, order=("sku", "id")),
        "chosen": chosen,
        "is_filtered": any(chosen[name] for name in ("q", "kind", "category")),
        "categories": queries.categories(),
        "sold": [("now", "Sold now"), ("retired", "No longer sold"), ("all", "All")],
        "tabs": [
            {
                "label": label,
                "url": _query({**chosen, "kind": value}),
                "current": chosen["kind"] == value,
            }
            for value, label in tabs
        ],
    }
    return render(request, "catalog/list.html", context)


def _query(chosen: dict[str, str]) -> str:
    kept = {k: v for k, v in chosen.items() if v and (k, v) != ("sold", "now")}
    return f"?{urlencode(kept)}"


@require_GET
@requires(Permission.VIEW_CATALOG)
def export(request: HttpRequest) -> HttpResponseBase:
    rows = _filtered(request).order_by("sku").iterator(chunk_size=2000)
    return csv_response("products.csv", _CSV, ([getattr(p, n) for n in _CSV] for p in rows))


def _filtered(request: HttpRequest) -> Any:
    rows = queries.matching(queries.products(), request.GET.get("q", "").strip())
    kind, category = request.GET.get("kind", ""), request.GET.get("category", "").strip()
    if kind in ProductKind.values:
        rows = rows.filter(kind=kind)
    if category:
        rows = rows.filter(category=category)
    is_gone = Q(is_active=False) | Q(ends_on__lte=timezone.localdate())
    match request.GET.get("sold", "now"):
        case "all":
            return rows
        case "retired":
            return rows.filter(is_gone)
        case _:
            return rows.exclude(is_gone)


@require_GET
@requires(Permission.VIEW_CATALOG)
def detail(request: HttpRequest, product_id: int) -> HttpResponse:
    product = get_object_or_404(queries.with_parts(queries.products()), pk=product_id)
    user: Any = request.user
    holders = BundleOption.objects.filter(product=product).select_related("bundle")
    context = {
        "product": product,
        "holders": holders.order_by("bundle__sku"),
        "panels": panels_for(user, product.kind),
        "versions": queries.versions(
            product_id, with_margin=user.may(Permission.VIEW_MARGIN), limit=30
        ),
        "today": timezone.localdate(),
        "facts": [
            ("Kind", product.get_kind_display()),
            ("Category", product.category),
            ("Unit", product.unit),
            ("Tax class", product.get_tax_class_display()),
            ("Earned", product.get_revenue_pattern_display()),
            ("Sold from", day(product.starts_on)),
            ("No longer sold from", day(product.ends_on)),
            ("Version", product.version),
        ],
    }
    if product.kind == ProductKind.BUNDLE:
        tree = bundle_trees([product.pk])[product.pk]
        context |= {"sections": _sections(product), "preview": configure(tree, {})}
    return render(request, "catalog/detail.html", context)


def _sections(product: Product) -> list[dict[str, Any]]:
    """Put a bundle's options under their groups, those without a group first."""
    groups, options = list(product.option_groups.all()), list(product.options.all())

    def under(parent_id: int | None) -> list[dict[str, Any]]:
        return [
            {
                "group": group,
                "bounds": bounds(group.min_options, group.max_options),
                "options": [option for option in options if option.group_id == group.pk],
                "inner": under(group.pk),
            }
            for group in groups
            if group.parent_id == parent_id
        ]

    alone = [option for option in options if option.group_id is None]
    return [*([{"group": None, "options": alone, "inner": []}] if alone else []), *under(None)]


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_CATALOG)
def new(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    form = ProductForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        try:
            product = create_product(form.values(), by=user, at=timezone.now())
        except Refused as refusal:
            put_on_form(form, refusal)
        else:
            return redirect("catalog:detail", product.pk)
    return form_page(request, form, None, "New product")


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_CATALOG)
def edit(request: HttpRequest, product_id: int) -> HttpResponse:
    product = get_object_or_404(Product, pk=product_id)
    user: Any = request.user
    form = ProductForm(request.POST or None, user=user, initial=ProductForm.initial_of(product))
    if request.method == "POST" and form.is_valid():
        seen, at = form.cleaned_data["version"], timezone.now()
        try:
            edit_product(product_id, form.values(), seen=seen, by=user, at=at)
        except StaleVersion as refusal:
            put_on_form(form, refusal)
            return form_page(request, form, product, f"Edit {product.sku}", status=409)
        except Refused as refusal:
            put_on_form(form, refusal)
        else:
            return redirect("catalog:detail", product_id)
    return form_page(request, form, product, f"Edit {product.sku}")


def form_page(
    request: HttpRequest, form: Any, product: Product | None, title: str, *, status: int = 0
) -> HttpResponse:
    """Show a form about a product; a form that came back is answered with 422."""
    context = {"form": form, "product": product, "title": title}
    template = "catalog/form.html"
    if isinstance(form, ProductForm):
        template = "catalog/product_form.html"
        context["categories"] = queries.categories()
    status = status or (422 if request.method == "POST" else 200)
    return render(request, template, context, status=status)


def put_on_form(form: Any, refusal: Refused) -> None:
    """Place a refusal beside the field it names, else on top of the form."""
    form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
