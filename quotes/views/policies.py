"""The limits past which quotes need approval."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from q2c.identity.access import requires
from q2c.identity.roles import Permission
from q2c.infra.bus import history
from q2c.kernel.errors import Refused
from quotes.actions import add_policy, change_policy
from quotes.forms import PolicyForm, put_on_form
from quotes.models import ApprovalPolicy


@require_GET
@requires(Permission.MANAGE_SETTINGS)
def list_(request: HttpRequest) -> HttpResponse:
    policies = ApprovalPolicy.objects.order_by("-is_active", "measure", "limit_percent")
    return render(request, "quotes/policies.html", {"policies": policies})


@require_http_methods(["GET", "POST"])
@requires(Permission.MANAGE_SETTINGS)
def new(request: HttpRequest) -> HttpResponse:
    form, by = PolicyForm(request.POST or None), _user(request)
    if request.method == "POST" and form.is_valid():
        try:
            add_policy(form.draft(), by=by, at=timezone.now())
        except Refused as refusal:
            put_on_form(form, refusal)
        else:
            return redirect("quotes:policies")
    return _form(request, form, "New approval policy", ())


@require_http_methods(["GET", "POST"])
@requires(Permission.MANAGE_SETTINGS)
def edit(request: HttpRequest, policy_id: int) -> HttpResponse:
    policy, by = get_object_or_404(ApprovalPolicy, pk=policy_id), _user(request)
    initial = {name: getattr(policy, name) for name in PolicyForm.base_fields}
    form = PolicyForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            change_policy(policy_id, form.draft(), by=by, at=timezone.now())
        except Refused as refusal:
            put_on_form(form, refusal)
        else:
            return redirect("quotes:policies")
    return _form(request, form, policy.name, history("approval_policy", policy_id)[:30])


def _form(request: HttpRequest, form: Any, title: str, events: Any) -> HttpResponse:
    context = {"form": form, "title": title, "events": events}
    status = 422 if request.method == "POST" else 200
    return render(request, "quotes/policy_form.html", context, status=status)


def _user(request: HttpRequest) -> Any:
    return request.user
