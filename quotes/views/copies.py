"""Copy a quote, keep it as a template, compare its versions."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from q2c.identity.access import requires
from q2c.identity.roles import Permission
from q2c.infra.bus import history
from q2c.kernel.errors import NotAllowed, Refused
from quotes.actions import change_template, clone_quote, save_template
from quotes.actions.sealing import content_now
from quotes.forms import put_on_form
from quotes.models import Quote, QuoteTemplate
from quotes.queries import compare_quotes, visible_to
from quotes.views.copy_forms import CloneForm, TemplateForm
from quotes.views.staff import quote_of


@require_POST
@requires(Permission.EDIT_QUOTES)
def clone(request: HttpRequest, quote_id: int) -> HttpResponse:
    """Start a new quote as a copy of this one."""
    user: Any = request.user
    quote = quote_of(user, quote_id)
    number = request.POST.get("customer", "").strip()
    form = CloneForm({"customer": number})
    if not form.is_valid():
        messages.error(request, str(form.errors["customer"][0]))
        return redirect("quotes:detail", quote.pk)
    try:
        new = clone_quote(
            quote.pk, by=user, at=timezone.now(), customer_id=form.cleaned_data["customer"]
        )
    except NotAllowed:
        raise
    except Refused as refusal:
        messages.error(request, refusal.message)
        return redirect("quotes:detail", quote.pk)
    messages.success(request, f"{new.number} is a copy of {quote.number}; it needs its own words.")
    return redirect("quotes:edit", new.pk)


@require_POST
@requires(Permission.EDIT_QUOTES)
def keep(request: HttpRequest, quote_id: int) -> HttpResponse:
    """Keep this quote as a template."""
    user: Any = request.user
    quote = quote_of(user, quote_id)
    try:
        template = save_template(
            quote.pk,
            name=request.POST.get("name", ""),
            description=request.POST.get("description", ""),
            by=user,
            at=timezone.now(),
        )
    except NotAllowed:
        raise
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, f"New quotes can start from “{template.name}” now.")
    return redirect("quotes:detail", quote.pk)


@require_GET
@requires(Permission.EDIT_QUOTES)
def templates(request: HttpRequest) -> HttpResponse:
    """The templates that quotes start from."""
    found = QuoteTemplate.objects.select_related("created_by").order_by("-is_active", "name")
    return render(request, "quotes/templates.html", {"templates": found})


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_QUOTES)
def template(request: HttpRequest, template_id: int) -> HttpResponse:
    """Rename a template or take it out of use."""
    user: Any = request.user
    kept = get_object_or_404(QuoteTemplate, pk=template_id)
    names = ("name", "description", "is_active")
    form = TemplateForm(request.POST or None, initial={name: getattr(kept, name) for name in names})
    if request.method == "POST" and form.is_valid():
        try:
            change_template(template_id, **form.cleaned_data, by=user, at=timezone.now())
        except Refused as refusal:
            put_on_form(form, refusal)
        else:
            return redirect("quotes:templates")
    context = {
        "form": form,
        "template": kept,
        "events": history("quote_template", template_id)[:30],
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "quotes/template.html", context, status=status)


@require_GET
@requires(Permission.VIEW_QUOTES)
def compare(request: HttpRequest, quote_id: int) -> HttpResponse:
    """Show what differs between this version and another one of the same number."""
    user: Any = request.user
    quote = quote_of(user, quote_id)
    versions = list(visible_to(user).filter(number=quote.number).order_by("version"))
    asked = request.GET.get("with", "")
    if asked:
        other = next((v for v in versions if str(v.version) == asked), None)
    else:
        other = _before(quote, versions)
    if other is None:
        raise Http404
    before, after = sorted([other, quote], key=lambda version: version.version)
    context = {
        "quote": quote,
        "other": other,
        "before": before,
        "after": after,
        "versions": [version for version in versions if version.pk != quote.pk],
        "comparison": compare_quotes(
            before, after, contents=(content_now(before), content_now(after))
        ),
    }
    return render(request, "quotes/compare.html", context)


def _before(quote: Quote, versions: list[Quote]) -> Quote | None:
    others = [version for version in versions if version.pk != quote.pk]
    earlier = [version for version in others if version.version < quote.version]
    return (earlier or others)[-1] if others else None
