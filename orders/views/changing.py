"""Start an amendment or a renewal from what a contract's subscriptions hold."""

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from contracts.actions import RenewalTerms, change_renewal_terms
from contracts.queries import visible_to
from orders.actions import draft_renewal, start_amendment
from orders.forms import AmendForm, RenewForm, put_on_form
from orders.queries import items_on
from q2c.identity.access import requires
from q2c.identity.roles import Permission
from q2c.infra.clock import day_in
from q2c.kernel.errors import NotAllowed, Refused
from q2c.kernel.rating import plain


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_QUOTES)
def amend(request: HttpRequest, contract_id: int) -> HttpResponse:
    """Choose the day; the draft then lists what runs."""
    contract, by = _contract(request, contract_id), _user(request)
    on = max(day_in(contract.legal_entity.time_zone, timezone.now()), contract.starts_on)
    form = AmendForm(request.POST or None, initial={"on": on})
    if request.method == "POST" and form.is_valid():
        try:
            day: date = form.cleaned_data["on"]
            quote_id = start_amendment(contract_id, on=day, by=by, at=timezone.now())
        except NotAllowed:
            raise
        except Refused as refusal:
            put_on_form(form, refusal)
        else:
            return redirect("quotes:edit", quote_id)
    return _page(request, "amend", contract, form, items=items_on(contract_id, on), on=on)


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_QUOTES)
def renew(request: HttpRequest, contract_id: int) -> HttpResponse:
    """Choose how it is priced and for how long; the draft continues what runs at the end."""
    contract, by = _contract(request, contract_id), _user(request)
    last_day = contract.ends_on
    initial = {
        "method": contract.renewal_method,
        "uplift_percent": plain(contract.renewal_uplift_percent),
        "basis": contract.renewal_basis,
        "term_months": contract.term_months,
    }
    form = RenewForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            return _renewed(request, contract_id, form.terms(), by, keeps=form.cleaned_data["keep"])
        except NotAllowed:
            raise
        except Refused as refusal:
            put_on_form(form, refusal)
    items = items_on(contract_id, date.fromordinal(last_day.toordinal() - 1))
    return _page(request, "renew", contract, form, items=items, on=last_day)


def _renewed(
    request: HttpRequest, contract_id: int, terms: RenewalTerms, by: Any, *, keeps: bool
) -> HttpResponse:
    if keeps:
        change_renewal_terms(contract_id, terms, by=by, at=timezone.now())
        messages.success(request, "Kept: this contract's renewals are priced like that.")
        return redirect("contracts:detail", contract_id)
    quote_id = draft_renewal(contract_id, terms=terms, by=by, at=timezone.now())
    return redirect("quotes:edit", quote_id)


def _page(
    request: HttpRequest, verb: str, contract: Any, form: forms.Form, **more: Any
) -> HttpResponse:
    context = {"contract": contract, "form": form, "what": verb.capitalize(), **more}
    return render(request, f"orders/{verb}.html", context, status=422 if form.errors else 200)


def _contract(request: HttpRequest, contract_id: int) -> Any:
    """Return a contract that this person may see; 404 otherwise."""
    found = visible_to(_user(request)).select_related("customer", "legal_entity")
    contract = found.filter(pk=contract_id).first()
    if contract is None:
        raise Http404
    return contract


def _user(request: HttpRequest) -> Any:
    return request.user
