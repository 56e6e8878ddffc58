"""Contract templates, and the policies that send contracts to legal."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from contracts.actions import ContractPolicyDraft, TemplateDraft, save_policy, save_template
from contracts.forms import Clauses, PolicyForm, TemplateForm, clauses_of, initial_of, put_on_form
from contracts.models import ContractPolicy, ContractTemplate
from contracts.rules.drafting import FIELDS
from q2c.identity.access import requires
from q2c.identity.roles import Permission
from q2c.infra.bus import history
from q2c.kernel.errors import Refused


@require_GET
@requires(Permission.EDIT_CONTRACTS)
def templates(request: HttpRequest) -> HttpResponse:
    rows = ContractTemplate.objects.order_by("language", "-is_default", "name")
    return render(request, "contracts/templates.html", {"templates": rows})


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_CONTRACTS)
def template_new(request: HttpRequest) -> HttpResponse:
    return _template(request, None)


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_CONTRACTS)
def template(request: HttpRequest, template_id: int) -> HttpResponse:
    return _template(request, get_object_or_404(ContractTemplate, pk=template_id))


def _template(request: HttpRequest, found: ContractTemplate | None) -> HttpResponse:
    data, by = request.POST or None, _user(request)
    form = TemplateForm(data, initial=initial_of(found) if found else None)
    clauses = Clauses(data, prefix="clauses", initial=found.clauses if found else None)
    if request.method == "POST" and form.is_valid() and clauses.is_valid():
        draft = TemplateDraft(**form.cleaned_data, clauses=clauses_of(clauses))
        try:
            saved = save_template(found.pk if found else None, draft, by=by, at=timezone.now())
        except Refused as refusal:
            put_on_form(form, refusal)
        else:
            text = f"{saved.name} is saved as version {saved.version}."
            messages.success(request, text)
            return redirect("contracts:templates")
    context = {
        "title": found.name if found else "New contract template",
        "form": form,
        "clauses": clauses,
        "blanks": [f"{{{{ {name} }}}}" for name in FIELDS],
        "events": history("contract_template", found.pk)[:30] if found else (),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "contracts/template_form.html", context, status=status)


@require_GET
@requires(Permission.MANAGE_SETTINGS)
def policies(request: HttpRequest) -> HttpResponse:
    rows = ContractPolicy.objects.order_by("-is_active", "currency", "name")
    return render(request, "contracts/policies.html", {"policies": rows})


@require_http_methods(["GET", "POST"])
@requires(Permission.MANAGE_SETTINGS)
def policy_new(request: HttpRequest) -> HttpResponse:
    return _policy(request, None)


@require_http_methods(["GET", "POST"])
@requires(Permission.MANAGE_SETTINGS)
def policy(request: HttpRequest, policy_id: int) -> HttpResponse:
    return _policy(request, get_object_or_404(ContractPolicy, pk=policy_id))


def _policy(request: HttpRequest, found: ContractPolicy | None) -> HttpResponse:
    form = PolicyForm(request.POST or None, initial=PolicyForm.initial_of(found) if found else None)
    if request.method == "POST" and form.is_valid():
        draft = ContractPolicyDraft(**form.cleaned_data)
        try:
            save_policy(found.pk if found else None, draft, by=_user(request), at=timezone.now())
        except Refused as refusal:
            put_on_form(form, refusal)
        else:
            return redirect("contracts:policies")
    context = {
        "title": found.name if found else "New contract policy",
        "form": form,
        "events": history("contract_policy", found.pk)[:30] if found else (),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "contracts/policy_form.html", context, status=status)


def _user(request: HttpRequest) -> Any:
    return request.user
