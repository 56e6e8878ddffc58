"""Pages to find, read, decide on and end contracts."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from contracts.actions import (
    approve_contract,
    countersign_contract,
    refuse_contract,
    refuse_countersignature,
    send_text,
    terminate_contract,
)
from contracts.actions.renewing import renewal_words
from contracts.forms import DecisionForm, RefuseForm, TerminateForm
from contracts.models import Contract, ContractApproval
from contracts.queries import DESKS, counts_by_state, matching, visible_to
from contracts.queries.clauses import deviating, library, using
from contracts.queries.final_text import awaiting_customer
from contracts.rules.renewal import notice_by
from contracts.rules.states import LIFECYCLE, ContractState
from contracts.views.wording import final_state, text_rows
from q2c.identity.access import requires
from q2c.identity.roles import Permission
from q2c.infra.bus import history
from q2c.infra.clock import day_in
from q2c.kernel.errors import NotAllowed, Refused
from q2c.web.registry import panels_for
from q2c.web.shortcuts import page_of
from q2c.web.templatetags.q2c import day, instant, money

_PATH = (ContractState.IN_APPROVAL, ContractState.APPROVED, ContractState.SIGNED)


@require_GET
@requires(Permission.VIEW_CONTRACTS)
def list_(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    state, query = request.GET.get("state", ""), request.GET.get("q", "").strip()
    customer = request.GET.get("customer", "")
    seen = visible_to(user)
    if customer.isdecimal():
        seen = seen.filter(customer_id=customer)
    seen, text = _by_text(request, seen)
    found = matching(seen.filter(state=state) if state else seen, query)
    names = ("state", "customer", "text", "clause")
    context = {
        "page": page_of(found.select_related("customer", "owner"), request),
        "query": query,
        "keep": {name: request.GET[name] for name in names if request.GET.get(name)},
        "is_filtered": any(request.GET.get(name) for name in ("q", *names)),
        "tabs": _tabs(request, seen, state),
        **text,
    }
    return render(request, "contracts/list.html", context)


def _by_text(
    request: HttpRequest, contracts: QuerySet[Contract]
) -> tuple[QuerySet[Contract], dict[str, Any]]:
    """Narrow a list by how its texts stand to the library and the customer, and by a clause."""
    text, clause = request.GET.get("text", ""), request.GET.get("clause", "")
    if text in ("deviates", "standard"):
        contracts = deviating(contracts, deviates=text == "deviates")
    elif text == "unsigned":
        contracts = awaiting_customer(contracts)
    if clause.isdecimal() and len(clause) < 18:
        contracts = using(contracts, int(clause))
    names = library().order_by("name").values_list("pk", "name")
    return contracts, {
        "text": text,
        "clause": clause,
        "clauses": [(str(pk), name) for pk, name in names],
        "carry": {
            name: request.GET[name] for name in ("state", "customer", "q") if request.GET.get(name)
        },
    }


def _tabs(request: HttpRequest, seen: QuerySet[Contract], state: str) -> list[dict[str, Any]]:
    counts = counts_by_state(seen)
    everything = {
        "label": "All",
        "url": _tab_url(request, ""),
        "current": not state,
        "count": sum(number for number, _ in counts.values()),
    }
    tabs: list[dict[str, Any]] = [everything]
    for each in ContractState:
        number, sums = counts.get(each.value, (0, []))
        if number or each.value == state or each in _PATH:
            tabs.append(
                {
                    "label": each.value.replace("_", " ").capitalize(),
                    "url": _tab_url(request, each.value),
                    "current": state == each.value,
                    "count": number,
                    "total": " · ".join(money(*one) for one in sums[:2]),
                }
            )
    return tabs


def _tab_url(request: HttpRequest, state: str) -> str:
    query = request.GET.copy()
    for name in ("after", "state"):
        query.pop(name, None)
    if state:
        query["state"] = state
    return f"?{query.urlencode()}"


@require_GET
@requires(Permission.VIEW_CONTRACTS)
def detail(request: HttpRequest, contract_id: int) -> HttpResponse:
    return _show(request, contract_id)


@require_GET
@requires(Permission.VIEW_CONTRACTS)
def pdf(request: HttpRequest, contract_id: int) -> HttpResponse:
    return signed_pdf(_contract(request, contract_id))


def signed_pdf(contract: Contract) -> HttpResponse:
    """Answer with the signed document, byte for byte; 404 before it was signed."""
    if contract.signed_document is None:
        raise Http404
    return answered_pdf(bytes(contract.signed_document.content), f"{contract.number}.pdf")


def answered_pdf(content: bytes, name: str) -> HttpResponse:
    """Answer with a document to look at, which no cache keeps."""
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


@require_GET
@requires(Permission.VIEW_CONTRACTS)
def text_pdf(request: HttpRequest, contract_id: int) -> HttpResponse:
    """The final text as it was put before the customer; 404 where none was."""
    contract = _contract(request, contract_id)
    if contract.text_document is None:
        raise Http404
    return answered_pdf(bytes(contract.text_document.content), f"{contract.number}.pdf")


@require_POST
@requires(Permission.VIEW_CONTRACTS)
def send_again(request: HttpRequest, contract_id: int) -> HttpResponse:
    """Mail whoever signs for the customer a new link, which nobody of ours sees."""
    contract, by = _contract(request, contract_id), _user(request)

    def act() -> None:
        send_text(contract.pk, by=by, at=timezone.now())

    return _done(request, contract, act, "A new link is mailed; earlier ones work no longer.")


@require_POST
@requires(Permission.VIEW_CONTRACTS)
def approve(request: HttpRequest, contract_id: int, desk: str) -> HttpResponse:
    contract, by = _contract(request, contract_id), _user(request)
    comment, seen = _comment(request), request.POST.get("text", "")

    def act() -> None:
        approve_contract(
            contract.pk, desk=desk, by=by, at=timezone.now(), comment=comment, seen_hash=seen
        )

    return _done(request, contract, act, f"You approved {contract.number} for {desk}.")


@require_POST
@requires(Permission.VIEW_CONTRACTS)
def refuse(request: HttpRequest, contract_id: int, desk: str) -> HttpResponse:
    contract, by = _contract(request, contract_id), _user(request)
    comment = _comment(request)

    def act() -> None:
        refuse_contract(contract.pk, desk=desk, by=by, at=timezone.now(), comment=comment)

    return _done(request, contract, act, f"You refused {contract.number}.")


@require_POST
@requires(Permission.COUNTERSIGN_CONTRACTS)
def countersign(request: HttpRequest, contract_id: int) -> HttpResponse:
    contract, by = _contract(request, contract_id), _user(request)

    def act() -> None:
        countersign_contract(contract.pk, by=by, at=timezone.now())

    text = f"{contract.number} is signed. The order is placed, the customer gets the contract."
    return _done(request, contract, act, text)


@require_POST
@requires(Permission.COUNTERSIGN_CONTRACTS)
def refuse_signature(request: HttpRequest, contract_id: int) -> HttpResponse:
    contract, by = _contract(request, contract_id), _user(request)
    comment = _comment(request)

    def act() -> None:
        refuse_countersignature(contract.pk, by=by, at=timezone.now(), comment=comment)

    return _done(request, contract, act, f"You refused {contract.number}. Its owner is told.")


@require_POST
@requires(Permission.EDIT_CONTRACTS)
def terminate(request: HttpRequest, contract_id: int) -> HttpResponse:
    contract, by, form = (
        _contract(request, contract_id),
        _user(request),
        TerminateForm(request.POST),
    )
    if not form.is_valid():
        return _show(request, contract_id, form=form)
    on, reason = form.cleaned_data["on"], form.cleaned_data["reason"]

    def act() -> None:
        terminate_contract(contract.pk, on=on, reason=reason, by=by, at=timezone.now())

    return _done(
        request,
        contract,
        act,
        f"{contract.number} ends; {day(on)} is the first day without it.",
        form=form,
    )


def _done(
    request: HttpRequest,
    contract: Contract,
    act: Callable[[], None],
    text: str,
    *,
    form: TerminateForm | None = None,
) -> HttpResponse:
    """Act and go back to the contract; what is refused stands on its page."""
    try:
        act()
    except NotAllowed:
        raise
    except Refused as refusal:
        return _show(request, contract.pk, form=form, refusal=refusal)
    messages.success(request, text)
    return redirect("contracts:detail", contract.pk)


def _show(
    request: HttpRequest,
    contract_id: int,
    *,
    form: TerminateForm | None = None,
    refusal: Refused | None = None,
) -> HttpResponse:
    contract, user = _contract(request, contract_id), _user(request)
    on = day_in(contract.legal_entity.time_zone, timezone.now())
    wrong = [refusal.message] if refusal else []
    if form:
        wrong += [str(error) for errors in form.errors.values() for error in errors]
    state, rows = ContractState(contract.state), text_rows(contract, user)
    final = final_state(contract, [row for row in rows if row["place"] and row["place"].changed_at])
    context = {
        "contract": contract,
        "last_day": contract.ends_on - timedelta(days=1),
        "steps": _steps(contract, final),
        **final,
        "facts": _facts(contract),
        "approvals": _approvals(contract, user),
        "text_rows": rows,
        "amendments": contract.amendments.order_by("pk"),
        "may_refuse": _may_countersign(contract, user),
        "may_countersign": _may_countersign(contract, user) and not final["awaits"],
        "may_send": contract.owner_id == user.pk or user.may(Permission.EDIT_CONTRACTS),
        "refuse_form": RefuseForm(auto_id="refuse_%s"),
        "may_terminate": LIFECYCLE.allows(state, "terminate") and not contract.amends_id,
        "terminate_text": _terminate_text(contract, on=on),
        "terminate_form": form or TerminateForm(initial={"on": max(on, contract.starts_on)}),
        "wrong": " ".join(wrong),
        "typed": request.POST.get("comment", ""),
        "panels": panels_for(user, "contract"),
        "events": history("contract", contract.pk)[:50],
    }
    status = 422 if wrong else 200
    return render(request, "contracts/detail.html", context, status=status)


def _steps(contract: Contract, final: dict[str, Any]) -> list[dict[str, str]]:
    state = contract.state
    labels = ["Accepted by the customer", "Approval", "Countersignature", "In force"]
    if final["needs_customer"]:
        labels.insert(2, "Final text signed by the customer")
    rank = {"in_approval": 1, "refused": 1, "approved": 2}.get(state, len(labels))
    if final["text_acceptance"] and state in ("approved", "refused"):
        rank = 3
    if state == "refused":
        asked = contract.approvals.filter(state=ContractApproval.REFUSED)
        rank = 1 if asked.exists() else max(rank, 2)
        labels[rank] = "Refused"
    if state == "terminated":
        labels[-1] = "Terminated"

    def status(place: int) -> str:
        return "done" if place < rank else "current" if place == rank else "todo"

    return [{"label": label, "status": status(n)} for n, label in enumerate(labels)]


def _facts(contract: Contract) -> list[tuple[str, Any]]:
    last_day = contract.ends_on - timedelta(days=1)
    facts: list[tuple[str, Any]] = [
        ("Seller", contract.legal_entity.name),
        ("Owner", contract.owner.full_name),
        ("Runs", f"{day(contract.starts_on)} – {day(last_day)}, {contract.term_months} months"),
        ("Renewal", "Renews by itself" if contract.auto_renew else "Ends with its term"),
        ("Prices of its renewal", renewal_words(contract)),
        ("Last day to give notice", day(notice_by(contract.ends_on, contract.notice_days))),
        ("Payment terms", f"{contract.payment_terms_days} days"),
        ("Monthly", money(contract.monthly_total, contract.currency)),
        (
            "Accepted",
            f"{contract.customer_signed_by}, {instant(contract.customer_signed_at)}",
        ),
    ]
    if contract.countersigned_by:
        signed = f"{contract.countersigned_by.full_name}, {instant(contract.countersigned_at)}"
        facts.append(("Countersigned", signed))
    return [*facts, ("Text hash", contract.content_hash[:16])]


def _approvals(contract: Contract, user: Any) -> list[dict[str, Any]]:
    """Return each desk's word, with a form for who may give it."""
    rows = []
    for approval in contract.approvals.select_related("decided_by").order_by("desk", "-pk"):
        waits = approval.state == ContractApproval.PENDING and contract.state == "in_approval"
        holds = user.may(DESKS[approval.desk])
        is_owner = contract.owner_id == user.pk
        form = DecisionForm(auto_id=f"{approval.desk}_%s") if waits and holds else None
        rows.append(
            {
                "approval": approval,
                "form": None if is_owner else form,
                "is_own": is_owner and form is not None,
                "is_on_earlier_text": approval.content_hash != contract.content_hash,
            }
        )
    return rows


def _may_countersign(contract: Contract, user: Any) -> bool:
    may: bool = user.may(Permission.COUNTERSIGN_CONTRACTS)
    return may and contract.state == "approved" and contract.owner_id != user.pk


def _contract(request: HttpRequest, contract_id: int) -> Contract:
    """Return a contract that this person may see; 404 otherwise."""
    contracts = visible_to(_user(request)).select_related(
        "customer__legal_entity", "legal_entity", "owner", "quote", "countersigned_by",
        "signed_document", "text_document", "renews", "amends", "template",
    )  # fmt: skip
    return get_object_or_404(contracts, pk=contract_id)


def _comment(request: HttpRequest) -> str:
    return request.POST.get("comment", "").replace("\x00", "").strip()[:2000]


def _user(request: HttpRequest) -> Any:
    return request.user


def _terminate_text(contract: Contract, *, on: date) -> str:
    if contract.renews_id and contract.starts_on > on:
        return (
            "Ended on its first day, before it begins, this renewal is given up: what it would "
            "have replaced runs on. This cannot be taken back."
        )
    return "This cannot be taken back."
