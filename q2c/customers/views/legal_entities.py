from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from q2c.customers.actions import create_legal_entity, edit_legal_entity, set_logo
from q2c.customers.forms import LegalEntityForm
from q2c.customers.models import LegalEntity
from q2c.customers.views.staff import put_on_form
from q2c.identity.access import requires
from q2c.identity.roles import Permission
from q2c.infra.bus import history
from q2c.kernel.errors import Refused


@require_GET
@requires(Permission.MANAGE_SETTINGS)
def list_(request: HttpRequest) -> HttpResponse:
    entities = LegalEntity.objects.order_by("code")
    return render(request, "customers/legal_entities.html", {"entities": entities})


@require_http_methods(["GET", "POST"])
@requires(Permission.MANAGE_SETTINGS)
def new(request: HttpRequest) -> HttpResponse:
    form = LegalEntityForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        by: Any = request.user
        try:
            create_legal_entity(form.cleaned_data, by=by, at=timezone.now())
        except Refused as refusal:
            put_on_form(form, refusal)
        else:
            return redirect("customers:legal_entities")
    return _page(request, form, None)


@require_http_methods(["GET", "POST"])
@requires(Permission.MANAGE_SETTINGS)
def edit(request: HttpRequest, entity_id: int) -> HttpResponse:
    entity = get_object_or_404(LegalEntity, pk=entity_id)
    form = LegalEntityForm(request.POST or None, instance=entity)
    for name in ("code", "currency"):  # they stay
        form.fields[name].disabled = True
    if request.method == "POST" and form.is_valid():
        by: Any = request.user
        try:
            edit_legal_entity(entity_id, form.cleaned_data, by=by, at=timezone.now())
        except Refused as refusal:
            put_on_form(form, refusal)
        else:
            return redirect("customers:legal_entities")
    return _page(request, form, entity)


@require_POST
@requires(Permission.MANAGE_SETTINGS)
def logo(request: HttpRequest, entity_id: int) -> HttpResponse:
    """Keep the uploaded logo; without a file take the present one away."""
    by: Any = request.user
    upload = request.FILES.get("logo")
    content = upload.read() if upload is not None else None
    try:
        set_logo(entity_id, content, by=by, at=timezone.now())
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, "Saved." if content else "The logo is gone.")
    return redirect("customers:legal_entity", entity_id)


def _page(request: HttpRequest, form: Any, entity: LegalEntity | None) -> HttpResponse:
    events = history("legal_entity", entity.pk)[:20] if entity else []
    context = {"form": form, "entity": entity, "events": events}
    status = 422 if request.method == "POST" else 200
    return render(request, "customers/legal_entity.html", context, status=status)
