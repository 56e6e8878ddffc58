"""Price rules and their laboratory."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from q2c.identity.access import requires
from q2c.identity.roles import Permission
from q2c.infra.bus import history
from q2c.infra.clock import day_in
from q2c.kernel.errors import NotAllowed, Refused
from quotes import actions
from quotes.models import PriceRule, RuleTrial
from quotes.queries import (
    impacts,
    movers,
    price_rules,
    pricing_day,
    replay,
    rule_of,
    rules_with,
    uses_of,
    visible_to,
)
from quotes.rules.rule_words import in_words
from quotes.views.price_rule_form import RuleForms


@require_GET
@requires(Permission.VIEW_CATALOG)
def list_(request: HttpRequest) -> HttpResponse:
    query = request.GET.get("q", "").strip()
    rules = [(rule, in_words(rule_of(rule))) for rule in price_rules(query)]
    return render(request, "quotes/price_rules.html", {"rules": rules, "query": query})


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_CATALOG)
def new(request: HttpRequest) -> HttpResponse:
    """Write a rule, or with ?change= a change of one in force."""
    if typed := _typed(request):
        return render(request, "quotes/_price_rule_terms.html", {"form": typed})
    asked, by = request.GET.get("change", ""), _user(request)
    old = get_object_or_404(PriceRule, pk=asked) if asked.isdigit() else None
    form = RuleForms(request.POST or None, rule=old)
    if old:
        form.head.initial["name"] = f"{old.name} (change)"
    if request.method == "POST" and form.is_valid():
        try:
            rule = actions.add_price_rule(
                form.draft(), by=by, at=timezone.now(), replaces_id=old.pk if old else None
            )
        except Refused as refusal:
            form.put(refusal)
        else:
            return redirect("quotes:price_rule", rule.pk)
    return _form(request, form, f"Change of {old.name}" if old else "New price rule")


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_CATALOG)
def edit(request: HttpRequest, rule_id: int) -> HttpResponse:
    if typed := _typed(request):
        return render(request, "quotes/_price_rule_terms.html", {"form": typed})
    rule, by = get_object_or_404(PriceRule, pk=rule_id), _user(request)
    form = RuleForms(request.POST or None, rule=rule)
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_price_rule(rule_id, form.draft(), by=by, at=timezone.now())
        except Refused as refusal:
            form.put(refusal)
        else:
            return redirect("quotes:price_rule", rule_id)
    return _form(request, form, f"Edit {rule.name}")


@require_GET
@requires(Permission.VIEW_CATALOG)
def detail(request: HttpRequest, rule_id: int) -> HttpResponse:
    """A rule, and the laboratory that tries it on quotes of the past."""
    rule = get_object_or_404(PriceRule.objects.select_related("replaces"), pk=rule_id)
    context = {
        "rule": rule,
        "sentence": in_words(rule_of(rule)),
        "uses": uses_of(rule).count() if rule.coupon else 0,
        "trials": RuleTrial.objects.filter(rule=rule).order_by("-pk")[:5],
        "events": history("price_rule", rule_id)[:30],
        "today": day_in("UTC", timezone.now()),
    }
    return render(request, "quotes/price_rule.html", context)


@require_POST
@requires(Permission.EDIT_CATALOG)
def activate(request: HttpRequest, rule_id: int) -> HttpResponse:
    rule = actions.activate_price_rule(rule_id, by=_user(request), at=timezone.now())
    messages.success(request, f"{rule.name} is in force for drafts from now on.")
    return redirect("quotes:price_rule", rule_id)


@require_POST
@requires(Permission.EDIT_CATALOG)
def retire(request: HttpRequest, rule_id: int) -> HttpResponse:
    actions.retire_price_rule(rule_id, by=_user(request), at=timezone.now())
    return redirect("quotes:price_rule", rule_id)


@require_POST
@requires(Permission.EDIT_CATALOG)
def start_trial(request: HttpRequest, rule_id: int) -> HttpResponse:
    typed = request.POST.get("last", "")
    last = int(typed) if typed.isdigit() else 0
    try:
        trial = actions.try_price_rule(rule_id, last=last, by=_user(request), at=timezone.now())
    except NotAllowed:
        raise
    except Refused as refusal:
        messages.error(request, refusal.message)
        return redirect("quotes:price_rule", rule_id)
    return redirect("quotes:rule_trial", trial.pk)


@require_GET
@requires(Permission.EDIT_CATALOG)
def trial(request: HttpRequest, trial_id: int) -> HttpResponse:
    """What a rule would have changed, with progress while a worker is at it."""
    found = get_object_or_404(RuleTrial.objects.select_related("rule"), pk=trial_id)
    context = {"trial": found, "impacts": impacts(found.rows), "movers": movers(found.rows)}
    if request.htmx and not request.htmx.boosted:  # type: ignore[attr-defined]
        # 286 tells htmx to stop asking.
        status = 286 if found.finished_at else 200
        return render(request, "quotes/_rule_trial.html", context, status=status)
    return render(request, "quotes/rule_trial.html", context)


@require_GET
@requires(Permission.VIEW_QUOTES)
def laboratory(request: HttpRequest) -> HttpResponse:
    """Replay a quote as of a day, with the rules in force or with a draft among them."""
    user, number = _user(request), request.GET.get("quote", "").strip()
    asked = request.GET.get("rule", "")
    draft = PriceRule.objects.filter(pk=asked).first() if asked.isdigit() else None
    context: dict[str, Any] = {
        "number": number,
        "on": request.GET.get("on", ""),
        "rule": draft,
        "drafts": PriceRule.objects.filter(is_active=False),
    }
    found = visible_to(user).filter(number__iexact=number).order_by("-version")
    quote = found.select_related("customer", "legal_entity").first() if number else None
    if quote:
        try:
            on = date.fromisoformat(context["on"]) if context["on"] else pricing_day(quote)
            context["replay"] = replay(quote, rules_with(draft), on=on)
        except ValueError:
            context["problem"] = "Give a day such as 2027-01-31."
        except Refused as refusal:
            context["problem"] = refusal.message
    elif number:
        context["problem"] = f"There is no quote {number} that you may see."
    return render(request, "quotes/laboratory.html", context)


def _typed(request: HttpRequest) -> RuleForms | None:
    """Return the form as it is being typed; htmx asks what it would say."""
    is_asked = request.method == "GET" and "effect" in request.GET
    return RuleForms(request.GET) if is_asked else None


def _form(request: HttpRequest, form: RuleForms, title: str) -> HttpResponse:
    status = 422 if request.method == "POST" else 200
    return render(
        request, "quotes/price_rule_form.html", {"form": form, "title": title}, status=status
    )


def _user(request: HttpRequest) -> Any:
    return request.user
