"""The pages of a bundle's groups, options and rules, and its preview."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from q2c.catalog.actions import (
    remove_bundle_option,
    remove_option_group,
    remove_option_rule,
    set_bundle_option,
    set_option_group,
    set_option_rule,
)
from q2c.catalog.forms import GroupForm, OptionForm, RuleForm
from q2c.catalog.models import BundleOption, OptionGroup, Product, ProductKind
from q2c.catalog.views.products import form_page, put_on_form
from q2c.identity.access import requires
from q2c.identity.roles import Permission
from q2c.kernel.errors import Refused


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_CATALOG)
def option_new(request: HttpRequest, product_id: int) -> HttpResponse:
    bundle = _bundle(product_id)
    form = OptionForm(
        request.POST or None, bundle=bundle, initial={"group": request.GET.get("group")}
    )
    return _option(request, bundle, form, "New option")


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_CATALOG)
def option_edit(request: HttpRequest, product_id: int, option_id: int) -> HttpResponse:
    option = get_object_or_404(BundleOption, pk=option_id, bundle_id=product_id)
    initial = OptionForm.initial_of(option)
    form = OptionForm(request.POST or None, bundle=option.bundle, initial=initial)
    form.fields["product"].disabled = True
    return _option(request, option.bundle, form, f"Option {option.product.sku}")


def _option(request: HttpRequest, bundle: Product, form: OptionForm, title: str) -> HttpResponse:
    def act(**who: Any) -> None:
        set_bundle_option(bundle.pk, form.cleaned_data["product"].pk, form.draft(), **who)

    return _posted(request, bundle, form, title, act)


@require_POST
@requires(Permission.EDIT_CATALOG)
def option_remove(request: HttpRequest, product_id: int, option_id: int) -> HttpResponse:
    by: Any = request.user
    remove_bundle_option(product_id, option_id, by=by, at=timezone.now())
    return redirect("catalog:detail", product_id)


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_CATALOG)
def group_new(request: HttpRequest, product_id: int) -> HttpResponse:
    bundle = _bundle(product_id)
    form = GroupForm(request.POST or None, bundle=bundle)
    return _group(request, bundle, form, "New group", None)


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_CATALOG)
def group_edit(request: HttpRequest, product_id: int, group_id: int) -> HttpResponse:
    group = get_object_or_404(OptionGroup, pk=group_id, bundle_id=product_id)
    form = GroupForm(request.POST or None, bundle=group.bundle, group=group)
    return _group(request, group.bundle, form, f"Group {group.name}", group_id)


def _group(
    request: HttpRequest, bundle: Product, form: GroupForm, title: str, group_id: int | None
) -> HttpResponse:
    def act(**who: Any) -> None:
        set_option_group(bundle.pk, form.draft(), group_id=group_id, **who)

    return _posted(request, bundle, form, title, act)


@require_POST
@requires(Permission.EDIT_CATALOG)
def group_remove(request: HttpRequest, product_id: int, group_id: int) -> HttpResponse:
    by: Any = request.user
    remove_option_group(product_id, group_id, by=by, at=timezone.now())
    return redirect("catalog:detail", product_id)


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_CATALOG)
def rule_new(request: HttpRequest, product_id: int) -> HttpResponse:
    bundle = _bundle(product_id)
    form = RuleForm(request.POST or None, bundle=bundle)

    def act(**who: Any) -> None:
        set_option_rule(bundle.pk, form.draft(), **who)

    return _posted(request, bundle, form, "New rule", act)


@require_POST
@requires(Permission.EDIT_CATALOG)
def rule_remove(request: HttpRequest, product_id: int, rule_id: int) -> HttpResponse:
    by: Any = request.user
    remove_option_rule(product_id, rule_id, by=by, at=timezone.now())
    return redirect("catalog:detail", product_id)


def _bundle(product_id: int) -> Product:
    return get_object_or_404(Product, pk=product_id, kind=ProductKind.BUNDLE)


def _posted(
    request: HttpRequest,
    bundle: Product,
    form: forms.Form,
    title: str,
    act: Callable[..., None],
) -> HttpResponse:
    """Show the form; act once it is sent and whole, and return to the bundle."""
    if request.method == "POST" and form.is_valid():
        try:
            act(by=request.user, at=timezone.now())
        except Refused as refusal:
            put_on_form(form, refusal)
        else:
            return redirect("catalog:detail", bundle.pk)
    return form_page(request, form, bundle, title)
