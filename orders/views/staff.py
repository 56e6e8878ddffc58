"""Orders: find them, see what they owe the customer, ship goods."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from orders.actions import cancel_order, close_short, ship_goods
from orders.forms import CancelOrderForm, CloseForm, ShipForm, put_on_form
from orders.models import Order
from orders.queries import can_cancel, counts_by_state, matching
from orders.queries.deliveries import closed_value, closings, lines_under_kits, to_ship
from orders.rules.states import OrderState
from q2c.identity.access import requires
from q2c.identity.roles import Permission
from q2c.infra.bus import history
from q2c.infra.clock import day_in
from q2c.kernel.errors import NotAllowed, Refused
from q2c.web.registry import panels_for
from q2c.web.shortcuts import page_of
from q2c.web.templatetags.q2c import day

TO_SHIP = "to_ship"


@require_GET
@requires(Permission.VIEW_ORDERS)
def list_(request: HttpRequest) -> HttpResponse:
    state, query = request.GET.get("state", ""), request.GET.get("q", "").strip()
    customer, orders = request.GET.get("customer", ""), Order.objects.all()
    if customer.isdecimal():
        orders = orders.filter(customer_id=customer)
    found = orders
    if state == TO_SHIP:
        found = orders.filter(pk__in=to_ship().order_by().values("pk"))
    elif state:
        found = orders.filter(state=state)
    names = ("state", "customer")
    context = {
        "page": page_of(matching(found, query).select_related("customer"), request),
        "query": query,
        "keep": {name: request.GET[name] for name in names if request.GET.get(name)},
        "is_filtered": any(request.GET.get(name) for name in ("q", *names)),
        "tabs": _tabs(request, orders, state),
    }
    return render(request, "orders/list.html", context)


def _tabs(request: HttpRequest, orders: QuerySet[Order], current: str) -> list[dict[str, Any]]:
    counts = counts_by_state(orders)
    waiting = orders.filter(pk__in=to_ship().order_by().values("pk")).count()
    tabs = [
        ("", "All", sum(counts.values())),
        (TO_SHIP, "To ship", waiting),
        *((s.value, s.value.capitalize(), counts.get(s.value, 0)) for s in OrderState),
    ]
    return state_tabs(request, tabs, current)


def state_tabs(
    request: HttpRequest, tabs: Iterable[tuple[str, str, int]], current: str
) -> list[dict[str, Any]]:
    """Return the tabs of a list by value, label and count, each with its address."""
    return [
        {
            "label": label,
            "url": _tab_url(request, value),
            "current": value == current,
            "count": count,
        }
        for value, label, count in tabs
    ]


def _tab_url(request: HttpRequest, state: str) -> str:
    query = request.GET.copy()
    for name in ("after", "state"):
        query.pop(name, None)
    if state:
        query["state"] = state
    return f"?{query.urlencode()}"


@require_GET
@requires(Permission.VIEW_ORDERS)
def detail(request: HttpRequest, order_id: int) -> HttpResponse:
    return _show(request, _order(order_id))


@require_POST
@requires(Permission.FULFIL_ORDERS)
def ship(request: HttpRequest, order_id: int) -> HttpResponse:
    order, now, by = _order(order_id), timezone.now(), _user(request)
    form = ShipForm(request.POST, order=order, on=day_in(order.legal_entity.time_zone, now))
    if not form.is_valid():
        return _show(request, order, form=form)
    try:
        shipment = ship_goods(
            order_id,
            quantities=form.quantities(),
            shipped_on=form.cleaned_data["shipped_on"],
            carrier=form.cleaned_data["carrier"],
            tracking=form.cleaned_data["tracking"],
            known_shipments=form.cleaned_data["known_shipments"],
            by=by,
            at=now,
        )
    except NotAllowed:
        raise
    except Refused as refusal:
        put_on_form(form, refusal)
        return _show(request, _order(order_id), form=form)
    messages.success(request, f"{shipment.number} left on {day(shipment.shipped_on)}.")
    return redirect("orders:detail", order_id)


@require_POST
@requires(Permission.FULFIL_ORDERS)
def cancel(request: HttpRequest, order_id: int) -> HttpResponse:
    order, by, form = _order(order_id), _user(request), CancelOrderForm(request.POST)
    if not form.is_valid():
        return _show(request, order, cancel_form=form)
    try:
        cancel_order(order_id, reason=form.cleaned_data["reason"], by=by, at=timezone.now())
    except NotAllowed:
        raise
    except Refused as refusal:
        put_on_form(form, refusal)
        return _show(request, _order(order_id), cancel_form=form)
    messages.success(request, f"{order.number} is cancelled; nothing of it will be charged.")
    return redirect("orders:detail", order_id)


@require_POST
@requires(Permission.FULFIL_ORDERS)
def close(request: HttpRequest, order_id: int) -> HttpResponse:
    """Close short what is chosen of an order."""
    order, by = _order(order_id), _user(request)
    form = CloseForm(request.POST, order=order)
    if not form.is_valid():
        return _show(request, order, close_form=form)
    quantities, kits = form.given_up()
    try:
        close_short(
            order_id,
            quantities=quantities,
            kits=kits,
            reason=form.cleaned_data["reason"],
            words=form.cleaned_data["words"],
            known_closings=form.cleaned_data["known_closings"],
            by=by,
            at=timezone.now(),
        )
    except NotAllowed:
        raise
    except Refused as refusal:
        put_on_form(form, refusal)
        return _show(request, _order(order_id), close_form=form)
    messages.success(request, "Given up; it is reserved no more and will not be charged.")
    return redirect("orders:detail", order_id)


def _show(
    request: HttpRequest,
    order: Order,
    *,
    form: ShipForm | None = None,
    cancel_form: CancelOrderForm | None = None,
    close_form: CloseForm | None = None,
) -> HttpResponse:
    user = _user(request)
    on = day_in(order.legal_entity.time_zone, timezone.now())
    ship_form = form or ShipForm(order=order, on=on)
    may_ship = user.may(Permission.FULFIL_ORDERS) and order.state == OrderState.OPEN.value
    may_cancel = user.may(Permission.FULFIL_ORDERS) and can_cancel(order, on=on)
    may_close = user.may(Permission.FULFIL_ORDERS) and order.state != OrderState.CANCELLED.value
    closing = (close_form or CloseForm(order=order)) if may_close else None
    wrong = [errors for bad in (cancel_form, close_form) if bad for errors in bad.errors.values()]
    given_up = sum((closed_value(line, order.currency) for line in order.lines.all()), Decimal(0))
    context = {
        "order": order,
        "wrong": " ".join(str(one) for found in wrong for one in found),
        "cancel_form": (cancel_form or CancelOrderForm()) if may_cancel else None,
        "close_form": closing if closing and closing.rows() else None,
        "lines": lines_under_kits(order),
        "given_up": given_up,
        "total_left": order.total - given_up,
        "closings": closings().filter(order=order).order_by("-pk"),
        "form": ship_form if may_ship else None,
        "rows": ship_form.rows() if may_ship else [],
        "shipments": order.shipments.order_by("-shipped_on", "-id").prefetch_related(
            "lines__order_line"
        ),
        "subscriptions": order.subscriptions.order_by("id"),
        "facts": _facts(order),
        "panels": panels_for(user, "order"),
        "events": history("order", order.pk)[:50],
    }
    status = 422 if form or cancel_form or close_form else 200
    return render(request, "orders/detail.html", context, status=status)


def _facts(order: Order) -> list[tuple[str, Any]]:
    to = order.ship_to
    town = f"{to.get('postal_code', '')} {to.get('city', '')}".strip()
    parts = [to.get("street"), to.get("street2"), town, to.get("region"), to.get("country")]
    return [
        ("Seller", order.legal_entity.name),
        ("Ordered on", day(order.ordered_on)),
        ("Payment terms", f"{order.payment_terms_days} days"),
        ("Ship to", ", ".join(part for part in parts if part)),
    ]


def _order(order_id: int) -> Order:
    orders = Order.objects.select_related("customer", "legal_entity", "contract")
    return get_object_or_404(orders.prefetch_related("lines", "kits__parts"), pk=order_id)


def _user(request: HttpRequest) -> Any:
    return request.user
