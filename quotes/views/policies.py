"""The policies by which quotes need approval."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from q2c.identity.access import requires
from q2c.identity.roles import Permission
from q2c.infra.bus import history
from q2c.kernel.errors import Refused
from quotes.actions import PolicyDraft, add_policy, change_policy
from quotes.actions.policies import check_policy, draft_policy
from quotes.models import ApprovalPolicy, Quote
from quotes.queries import approvals_for, stages
from quotes.views.policy_form import PolicyForm, with_another


@require_GET
@requires(Permission.MANAGE_SETTINGS)
def list_(request: HttpRequest) -> HttpResponse:
    policies = ApprovalPolicy.objects.prefetch_related(
        "conditions__product", "steps__person"
    ).order_by("-is_active", "name")
    return render(request, "quotes/policies.html", {"policies": policies})


@require_http_methods(["GET", "POST"])
@requires(Permission.MANAGE_SETTINGS)
def new(request: HttpRequest) -> HttpResponse:
    return _page(request, None)


@require_http_methods(["GET", "POST"])
@requires(Permission.MANAGE_SETTINGS)
def edit(request: HttpRequest, policy_id: int) -> HttpResponse:
    return _page(request, get_object_or_404(ApprovalPolicy, pk=policy_id))


def _page(request: HttpRequest, policy: ApprovalPolicy | None) -> HttpResponse:
    """Show a policy; add a row, try it on a quote, or save it."""
    if request.method != "POST":
        return _form(request, policy, PolicyForm(policy), status=200)
    match request.POST.get("do", "save"):
        case "condition" | "step" as row:
            return _form(
                request,
                policy,
                PolicyForm(policy, with_another(request.POST, f"{row}s")),
                status=200,
            )
        case do:
            return _read(request, policy, is_trial=do == "try")


def _read(request: HttpRequest, policy: ApprovalPolicy | None, *, is_trial: bool) -> HttpResponse:
    form = PolicyForm(policy, request.POST)
    if form.is_valid():
        try:
            draft = form.draft()
            if is_trial:
                check_policy(draft, besides=policy)
                return _form(request, policy, form, status=200, trial=_trial(request, draft))
            _save(request, policy, draft)
        except Refused as refusal:
            form.put(refusal)
        else:
            return redirect("quotes:policies")
    return _form(request, policy, form, status=422)


def _save(request: HttpRequest, policy: ApprovalPolicy | None, draft: PolicyDraft) -> None:
    by: Any = request.user
    if policy is None:
        add_policy(draft, by=by, at=timezone.now())
    else:
        change_policy(policy.pk, draft, by=by, at=timezone.now())


def _trial(request: HttpRequest, draft: PolicyDraft) -> dict[str, Any]:
    """Return whom this policy alone would ask about a real quote."""
    number = request.POST.get("quote", "").strip()
    quote = (
        Quote.objects.select_related("owner", "customer", "legal_entity")
        .filter(number__iexact=number)
        .order_by("-version")
        .first()
    )
    if quote is None:
        return {"number": number, "quote": None}
    found = approvals_for(quote, by=quote.owner, at=timezone.now(), policies=[draft_policy(draft)])
    return {"number": number, "quote": quote, "stages": stages(found)}


def _form(
    request: HttpRequest,
    policy: ApprovalPolicy | None,
    form: PolicyForm,
    *,
    status: int,
    trial: dict[str, Any] | None = None,
) -> HttpResponse:
    context = {
        "form": form,
        "title": policy.name if policy else "New approval policy",
        "events": history("approval_policy", policy.pk)[:30] if policy else (),
        "trial": trial,
        "number": request.POST.get("quote", ""),
    }
    return render(request, "quotes/policy_form.html", context, status=status)
