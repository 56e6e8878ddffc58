"""Choose within a bundle: before it is added, or anew on its line."""

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from q2c.catalog.bundles import bundle_trees
from q2c.catalog.models import Product, ProductKind
from q2c.catalog.rules.configuring import Bundle, Group, Option, Path, field_of, options_by_path
from q2c.identity.access import requires
from q2c.identity.roles import Permission
from q2c.kernel.errors import NotAllowed, Refused
from quotes.actions import NewLine, add_line, chosen_of, preview, reconfigure_bundle
from quotes.models import Price, Quote, QuoteLine
from quotes.queries import prices_of
from quotes.views.answers import Typed, answer, seen_by
from quotes.views.asked import line_of, number_in
from quotes.views.staff import quote_of

_SENT = Typed(place="configurator")
_FIELD = re.compile(r"option-(\d{1,9}(?:\.\d{1,9}){0,9})")


@dataclass(frozen=True)
class Row:
    """An option as it is shown: by a radio button, a box to tick, a number, or locked."""

    option: Option
    name: str
    value: str
    input: str
    quantity: Decimal
    price: Price | None
    inner: "list[Section]"


@dataclass(frozen=True)
class Section:
    """A group with its options and sub-groups; without a group, what stands in none."""

    group: Group | None
    rows: list[Row]
    inner: "list[Section]" = field(default_factory=list)


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_QUOTES)
def bundle(request: HttpRequest, quote_id: int, product_id: int) -> HttpResponse:
    """Choose the options of a bundle, and add it."""
    quote, user = quote_of(request.user, quote_id), _user(request)
    product = get_object_or_404(Product, pk=product_id, kind=ProductKind.BUNDLE)
    if request.method == "GET":
        tree = bundle_trees([product_id])[product_id]
        chosen = {p: Decimal(o.default_quantity) for p, o in options_by_path(tree).items()}
        quantity = number_in(request.GET.get("quantity", "1"), field="quantity")
        return _configurator(request, quote, product, tree, chosen, {"quantity": quantity})
    try:
        line = add_line(quote_id, _sent(request, product_id), by=user, at=timezone.now())
    except NotAllowed:
        raise
    except Refused as refusal:
        return _state(request, quote, product, refusal)
    return answer(request, quote_id, _SENT, edited=line.quote)


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_QUOTES)
def line_bundle(request: HttpRequest, quote_id: int, line_id: int) -> HttpResponse:
    """Choose anew within a bundle that stands on the quote."""
    quote, user = quote_of(request.user, quote_id), _user(request)
    head: QuoteLine = line_of(quote, line_id)
    if head.product is None or head.kind != ProductKind.BUNDLE:
        raise Refused("This line is no bundle.")
    if request.method == "GET":
        tree = bundle_trees([head.product.pk])[head.product.pk]
        chosen = chosen_of(head, quote.lines.all(), tree)
        return _configurator(
            request, quote, head.product, tree, chosen, {"quantity": head.quantity, "line": head}
        )
    try:
        new = _sent(request, head.product.pk)
        line = reconfigure_bundle(line_id, new, by=user, at=timezone.now(), seen=seen_by(request))
    except NotAllowed:
        raise
    except Refused as refusal:
        return _state(request, quote, head.product, refusal)
    return answer(request, quote_id, _SENT, edited=line.quote)


@require_POST
@requires(Permission.EDIT_QUOTES)
def bundle_state(request: HttpRequest, quote_id: int, product_id: int) -> HttpResponse:
    """Show what the choice costs, and what is wrong with it, while choosing."""
    quote = quote_of(request.user, quote_id)
    product = get_object_or_404(Product, pk=product_id, kind=ProductKind.BUNDLE)
    return _state(request, quote, product, None)


def _configurator(
    request: HttpRequest,
    quote: Quote,
    product: Product,
    tree: Bundle,
    chosen: dict[Path, Decimal],
    more: dict[str, Any],
) -> HttpResponse:
    wanted = [path[-1] for path in options_by_path(tree)]
    prices = prices_of(quote.price_book_id, wanted, on=quote.starts_on)
    new = NewLine(product_id=product.pk, quantity=more["quantity"], options=chosen)
    configuration, totals = preview(quote, product, new)
    context = {
        "quote": quote,
        "product": product,
        "sections": _sections(tree, (), chosen, prices),
        "violations": configuration.violations,
        "totals": totals,
        **more,
    }
    return render(request, "quotes/_bundle.html", context)


def _state(
    request: HttpRequest, quote: Quote, product: Product, refusal: Refused | None
) -> HttpResponse:
    context: dict[str, Any] = {"quote": quote, "refusal": refusal}
    try:
        configuration, totals = preview(quote, product, _sent(request, product.pk))
        context |= {"violations": configuration.violations, "totals": totals}
    except Refused as wrong:
        context["refusal"] = refusal or wrong
    status = 422 if refusal else 200
    response = render(request, "quotes/_bundle_state.html", context, status=status)
    if refusal:
        response["HX-Retarget"], response["HX-Reswap"] = "#bundle-state", "innerHTML"
    return response


def _sent(request: HttpRequest, product_id: int) -> NewLine:
    """Read what was chosen; what was not sent, such as a box without its tick, is not taken."""
    tree = bundle_trees([product_id])[product_id]
    chosen = dict.fromkeys(options_by_path(tree), Decimal(0))
    for name, value in request.POST.items():
        if name.startswith("choice-") and _FIELD.fullmatch(str(value)):
            chosen[_path(str(value))] = Decimal(1)
        elif _FIELD.fullmatch(name):
            chosen[_path(name)] = number_in(str(value), field=name)
    return NewLine(
        product_id=product_id,
        quantity=number_in(request.POST.get("quantity", "1"), field="quantity"),
        discount_percent=number_in(request.POST.get("discount", "0"), field="discount"),
        options=chosen,
    )


def _path(name: str) -> Path:
    return tuple(int(part) for part in name.removeprefix("option-").split("."))


def _sections(
    tree: Bundle, above: Path, chosen: dict[Path, Decimal], prices: dict[int, Price]
) -> list[Section]:
    """Put a bundle's options under their groups, those without a group first."""

    def section(group: Group | None) -> Section:
        group_id = group.id if group else None
        options = [option for option in tree.options if option.group_id == group_id]
        inner = [g for g in tree.groups if group is not None and g.parent_id == group.id]
        is_choice = group is not None and not inner and _is_choice(group, options)
        name = f"choice-{'.'.join(map(str, above))}-{group_id}" if is_choice else ""
        rows = [
            _row(option, (*above, option.product_id), name, chosen, prices) for option in options
        ]
        return Section(group, rows, [section(g) for g in inner])

    tops = [section(group) for group in tree.groups if group.parent_id is None]
    alone = section(None)
    return [alone, *tops] if alone.rows else tops


def _row(
    option: Option, path: Path, choice: str, chosen: dict[Path, Decimal], prices: dict[int, Price]
) -> Row:
    tree = option.bundle
    is_box = (option.min_quantity, option.max_quantity) == (0, 1)
    kind = "locked" if option.is_locked else "radio" if choice else "box" if is_box else "number"
    return Row(
        option=option,
        name=choice or field_of(path),
        value=field_of(path) if choice else "1",
        input=kind,
        quantity=chosen.get(path, Decimal(0)),
        price=prices.get(option.product_id),
        inner=_sections(tree, path, chosen, prices) if tree else [],
    )


def _is_choice(group: Group, options: list[Option]) -> bool:
    """Exactly one of options that are taken once or not: radio buttons say that best."""
    is_one = (group.min_options, group.max_options) == (1, 1)
    return is_one and all((o.min_quantity, o.max_quantity) == (0, 1) for o in options)


def _user(request: HttpRequest) -> Any:
    return request.user
