"""Contract templates made of clauses, and the policies that send contracts to legal."""

from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from contracts.actions import ContractPolicyDraft, TemplateDraft, save_policy, save_template
from contracts.forms import Places, PolicyForm, TemplateForm, places_of, put_on_form
from contracts.forms.clauses import WHEN
from contracts.models import ContractPolicy, ContractTemplate
from contracts.queries.clauses import text_of
from q2c.identity.access import requires
from q2c.identity.roles import Permission
from q2c.infra.bus import history
from q2c.kernel.errors import NotAllowed, Refused


@require_GET
@requires(Permission.EDIT_CONTRACTS)
def templates(request: HttpRequest) -> HttpResponse:
    counted = ContractTemplate.objects.annotate(count=Count("places"))
    rows = counted.order_by("language", "-is_default", "name")
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
    form = TemplateForm(data, initial=TemplateForm.initial_of(found) if found else None)
    places = Places(data, prefix="clauses", initial=_places(found) if found else None)
    if request.method == "POST" and form.is_valid() and places.is_valid():
        draft = TemplateDraft(**form.cleaned_data, clauses=places_of(places))
        try:
            saved = save_template(found.pk if found else None, draft, by=by, at=timezone.now())
        except NotAllowed:
            raise
        except Refused as refusal:
            put_on_form(form, refusal)
        else:
            text = f"{saved.name} is saved as version {saved.version}."
            messages.success(request, text)
            return redirect("contracts:templates")
    context = {
        "title": found.name if found else "New contract template",
        "form": form,
        "places": places,
        "template": found,
        "wordings": _wordings(found) if found else (),
        "events": history("contract_template", found.pk)[:30] if found else (),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "contracts/template_form.html", context, status=status)


def _places(template: ContractTemplate) -> list[dict[str, Any]]:
    """Return what the rows of a template's form start with."""
    return [
        {
            "clause": place.clause_id,
            "when": place.when,
            "version": place.pinned.number if place.pinned else None,
        }
        for place in template.places.select_related("pinned")
    ]


def _wordings(template: ContractTemplate) -> list[dict[str, str]]:
    """Return what a contract drawn up from it now would take, its blanks open."""
    return [
        {"title": one.title, "body": one.body, "when": WHEN[one.when] if one.when else ""}
        for one in text_of(template).wordings
    ]


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
