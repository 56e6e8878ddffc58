"""Subscriptions: find them, see what they hold, end them."""

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from orders.actions import cancel_subscription
from orders.forms import CancelForm, put_on_form
from orders.models import Subscription
from orders.queries import counts_by_state, matching
from orders.queries.credits import credit_balances
from orders.rules.states import SubscriptionState
from orders.views.staff import state_tabs
from q2c.identity.access import requires
from q2c.identity.roles import Permission
from q2c.infra.bus import history
from q2c.infra.clock import day_in
from q2c.kernel.errors import NotAllowed, Refused
from q2c.web.registry import panels_for
from q2c.web.shortcuts import page_of
from q2c.web.templatetags.q2c import day


@require_GET
@requires(Permission.VIEW_ORDERS)
def list_(request: HttpRequest) -> HttpResponse:
    state, query = request.GET.get("state", ""), request.GET.get("q", "").strip()
    customer, rows = request.GET.get("customer", ""), Subscription.objects.all()
    if customer.isdecimal():
        rows = rows.filter(customer_id=customer)
    found = matching(rows.filter(state=state) if state else rows, query)
    names, counts = ("state", "customer"), counts_by_state(rows)
    tabs = [
        ("", "All", sum(counts.values())),
        *((s.value, s.value.capitalize(), counts.get(s.value, 0)) for s in SubscriptionState),
    ]
    context = {
        "page": page_of(found.select_related("customer", "order"), request),
        "query": query,
        "keep": {name: request.GET[name] for name in names if request.GET.get(name)},
        "is_filtered": any(request.GET.get(name) for name in ("q", *names)),
        "tabs": state_tabs(request, tabs, state),
    }
    return render(request, "orders/subscriptions.html", context)


@require_GET
@requires(Permission.VIEW_ORDERS)
def detail(request: HttpRequest, subscription_id: int) -> HttpResponse:
    return _show(request, subscription_id)


@require_POST
@requires(Permission.MANAGE_SUBSCRIPTIONS)
def cancel(request: HttpRequest, subscription_id: int) -> HttpResponse:
    get_object_or_404(Subscription, pk=subscription_id)
    form, by = CancelForm(request.POST), _user(request)
    if not form.is_valid():
        return _show(request, subscription_id, form=form)
    on, reason = form.cleaned_data["on"], form.cleaned_data["reason"]
    try:
        found = cancel_subscription(subscription_id, on=on, reason=reason, by=by, at=timezone.now())
    except NotAllowed:
        raise
    except Refused as refusal:
        put_on_form(form, refusal)
        return _show(request, subscription_id, form=form)
    messages.success(request, f"{found.number} ends; {day(on)} is the first day without it.")
    return redirect("orders:subscription", subscription_id)


def _show(
    request: HttpRequest, subscription_id: int, *, form: CancelForm | None = None
) -> HttpResponse:
    user = _user(request)
    subscription = get_object_or_404(
        Subscription.objects.select_related("customer", "legal_entity", "order", "contract"),
        pk=subscription_id,
    )
    on = day_in(subscription.legal_entity.time_zone, timezone.now())
    errors = [str(one) for found in form.errors.values() for one in found] if form else []
    running = subscription.state == SubscriptionState.RUNNING.value
    context = {
        "subscription": subscription,
        "items": subscription.items.order_by("id").select_related("product"),
        "facts": _facts(subscription),
        "credits": credit_balances(subscription, on=on),
        "note": _note(subscription, on),
        "wrong": " ".join(errors),
        "may_cancel": running and user.may(Permission.MANAGE_SUBSCRIPTIONS),
        "form": form or CancelForm(initial={"on": max(on, subscription.starts_on)}),
        "panels": panels_for(user, "subscription"),
        "events": history("subscription", subscription_id)[:50],
    }
    return render(request, "orders/subscription.html", context, status=422 if form else 200)


def _facts(subscription: Subscription) -> list[tuple[str, Any]]:
    ends_on = subscription.ends_on
    return [
        ("Seller", subscription.legal_entity.name),
        ("Starts", day(subscription.starts_on)),
        ("Last day", day(ends_on - timedelta(days=1)) if ends_on else "Runs on until cancelled"),
        ("Currency", subscription.currency),
        ("Reason of its end", subscription.cancel_reason),
    ][: 5 if subscription.cancel_reason else 4]


def _note(subscription: Subscription, on: date) -> str:
    if subscription.ends_on and subscription.ends_on <= on:
        return "It has ended."
    if subscription.starts_on > on:
        return f"It starts on {day(subscription.starts_on)}."
    return ""


def _user(request: HttpRequest) -> Any:
    return request.user
