"""The text of a contract clause by clause: where it deviates, and how somebody changes it."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from contracts.actions import Swap, swap_clause
from contracts.actions.drawing import blanks_of
from contracts.forms import SwapForm, put_on_form
from contracts.models import Clause, ClauseVersion, Contract, ContractClause
from contracts.queries import visible_to
from contracts.queries.clauses import (
    approver_words,
    choices_for,
    clauses_in,
    guard_of,
    language_name,
    newest_of,
)
from contracts.queries.final_text import signer_for, text_acceptance_of
from contracts.rules.clauses import differences, places
from contracts.rules.drafting import filled
from contracts.rules.states import ContractState
from q2c.identity.access import requires
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.kernel.errors import NotAllowed, Refused


def text_rows(contract: Contract, user: User) -> list[dict[str, Any]]:
    """Return the contract's text by its places, each with what is known of it in the library."""
    known = {row.position: row for row in clauses_in(contract)}
    said = places(contract.body, {n for n, row in known.items() if row.used_id is None})
    values = _values(contract)
    rows = []
    number = 0
    for position, text in enumerate(said):
        number += 1 if text else 0
        place = known.get(position)
        rows.append(
            {
                "number": number if text else None,
                "text": text,
                "place": place,
                "approver": approver_words(place.standard.clause) if place else "",
                "may_change": place is not None and _may_change(contract, place, user),
                "differences": _against_standard(contract, place, values) if place else [],
            }
        )
    return rows


def final_state(contract: Contract, deviations: list[dict[str, Any]]) -> dict[str, Any]:
    """Return how the final text stands with the customer, where it deviates."""
    acceptance = text_acceptance_of(contract)
    waits = contract.state == ContractState.APPROVED.value and bool(deviations)
    return {
        "deviations": deviations,
        "needs_customer": bool(deviations),
        "text_acceptance": acceptance,
        "awaits": waits and acceptance is None,
        "signer": signer_for(contract) if waits and acceptance is None else None,
    }


def final_rows(contract: Contract) -> list[dict[str, Any]]:
    """Return the text as the customer reads it before signing, with what differs and is left out."""
    known = {row.position: row for row in clauses_in(contract)}
    said = places(contract.body, {n for n, row in known.items() if row.used_id is None})
    values = _values(contract)
    rows: list[dict[str, Any]] = []
    number = 0
    for position, text in enumerate(said):
        number += 1 if text else 0
        place = known.get(position)
        changed = place is not None and place.changed_at is not None
        rows.append(
            {
                "number": number if text else None,
                "text": text,
                "is_changed": changed,
                "standard": _text(place.standard, contract, values) if place and changed else None,
                "differences": _against_standard(contract, place, values) if place else [],
            }
        )
    return rows


def _may_change(contract: Contract, place: ContractClause, user: User) -> bool:
    if contract.state != ContractState.IN_APPROVAL.value or contract.owner_id == user.pk:
        return False
    clause = place.standard.clause
    if clause.is_mandatory:
        return guard_of(clause).admits(user_id=user.pk, role=user.role)
    return user.may(Permission.APPROVE_CONTRACTS_LEGAL)


def _against_standard(
    contract: Contract, place: ContractClause, values: dict[str, str]
) -> list[Any]:
    """Return how the words that stand differ from the standard ones; nothing where they do not."""
    if place.changed_at is None or place.used is None:
        return []
    standard = _text(place.standard, contract, values)["body"]
    return differences(standard, _text(place.used, contract, values)["body"])


def _text(version: ClauseVersion, contract: Contract, values: dict[str, str]) -> dict[str, str]:
    text = version.texts[contract.template.language]
    return {"title": text["title"], "body": filled(text["body"], values)}


def _values(contract: Contract) -> dict[str, str]:
    number = f"{contract.quote.number} v{contract.quote.version}"
    language = contract.template.language
    return blanks_of(contract, contract.customer, quote_number=number, language=language)


@require_http_methods(["GET", "POST"])
@requires(Permission.VIEW_CONTRACTS)
def swap(request: HttpRequest, contract_id: int, position: int) -> HttpResponse:
    user: Any = request.user
    contracts = visible_to(user).select_related(
        "customer__legal_entity", "quote", "template", "amends"
    )
    contract = get_object_or_404(contracts, pk=contract_id)
    place = next((row for row in clauses_in(contract) if row.position == position), None)
    if place is None:
        raise Http404
    choices = choices_for(place)
    initial = {"text": contract.content_hash}
    form = SwapForm(choices, request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            _swap(contract, position, form, user)
        except NotAllowed:
            raise
        except Refused as refusal:
            put_on_form(form, refusal)
        else:
            messages.success(request, "The text is changed, and put before the desks as it is now.")
            return redirect("contracts:detail", contract.pk)
    context = {
        "contract": contract,
        "place": place,
        "approver": approver_words(place.standard.clause),
        "may_change": _may_change(contract, place, user),
        "options": _options(contract, place, choices),
        "form": form,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "contracts/swap.html", context, status=status)


def _swap(contract: Contract, position: int, form: SwapForm, user: User) -> None:
    swap = Swap(
        position=position,
        clause_id=form.clause_id(),
        reason=form.cleaned_data["reason"],
        seen_hash=form.cleaned_data["text"],
    )
    swap_clause(contract.pk, swap, by=user, at=timezone.now())


def _options(
    contract: Contract, place: ContractClause, choices: list[Clause]
) -> list[dict[str, Any]]:
    """Return the wordings that may stand at a place, each beside the standard one."""
    values, language = _values(contract), contract.template.language
    newest = newest_of([clause.pk for clause in choices])
    versions = [place.standard, *(newest[clause.pk] for clause in choices[1:])]
    standard = _text(place.standard, contract, values)
    rows = []
    for clause, version in zip(choices, versions, strict=True):
        text = _text(version, contract, values) if language in version.texts else None
        rows.append(
            {
                "clause": clause,
                "version": version,
                "text": text,
                "is_standard": clause == choices[0],
                "is_used": version == place.used,
                "lacks": "" if text else language_name(language),
                "differences": differences(standard["body"], text["body"]) if text else [],
            }
        )
    return rows
