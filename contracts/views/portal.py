"""The customer's view of a contract, opened by a private link; everything else is 404."""

from datetime import timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from contracts.actions import accept_text, decline_text, open_text
from contracts.documents import contract_certificate
from contracts.models import Contract
from contracts.queries.final_text import awaits_customer, consent_to_text, text_acceptance_of
from contracts.rules.renewal import notice_by
from contracts.views.staff import answered_pdf, signed_pdf
from contracts.views.wording import final_rows
from q2c.customers.models import PortalLink
from q2c.customers.portal_session import opened_link, origin_of, private
from q2c.kernel.errors import Refused
from q2c.web.retelling import retold
from quotes.actions import Signature
from quotes.queries import accepted_quote, line_groups


@require_GET
@private
def contract(request: HttpRequest, contract_id: int) -> HttpResponse:
    found, link = _opened(request, contract_id)
    if not request.user.is_authenticated:
        open_text(found.pk, link, at=timezone.now(), origin=origin_of(request))
    return _page(request, found, link)


@require_GET
@private
def pdf(request: HttpRequest, contract_id: int) -> HttpResponse:
    return signed_pdf(_opened(request, contract_id)[0])


@require_GET
@private
def text_pdf(request: HttpRequest, contract_id: int) -> HttpResponse:
    """The final text as it was put before the customer, byte for byte as they sign it."""
    found, _link = _opened(request, contract_id)
    if found.text_document is None:
        raise Http404
    return answered_pdf(bytes(found.text_document.content), f"{found.number}.pdf")


@require_GET
@private
def certificate(request: HttpRequest, contract_id: int) -> HttpResponse:
    found, _link = _opened(request, contract_id)
    content = contract_certificate(found, at=timezone.now())
    return answered_pdf(content, f"{found.number}-certificate.pdf")


@require_POST
@private
def accept(request: HttpRequest, contract_id: int) -> HttpResponse:
    """Take the signature under exactly the sentence and the bytes that were shown."""
    found, link = _opened(request, contract_id)
    given = request.POST
    name, kind = given.get("name", ""), given.get("signature_kind", "typed")
    drawing = given.get("signature", "")
    try:
        _check_may_sign(link)
        if not given.get("consent"):
            raise Refused(_("Please tick the box to agree."), field="consent")
        signature = Signature(
            name=name,
            kind=kind,
            # Without scripts the typed name is the signature.
            image=drawing or (name if kind == "typed" else ""),
            consent=consent_to_text(found),
            content_hash=given.get("content_hash", ""),
            ip=request.META.get("REMOTE_ADDR"),
            user_agent=request.headers.get("User-Agent", ""),
        )
        accept_text(found.pk, signature, by=None, at=timezone.now(), link=link)
    except Refused as refusal:
        drawn = drawing if drawing.startswith("data:image/png;base64,") else ""
        return _page(request, found, link, refusal, name=name, kind=kind, drawn=drawn)
    return redirect("contracts:portal_contract", found.pk)


@require_POST
@private
def decline(request: HttpRequest, contract_id: int) -> HttpResponse:
    found, link = _opened(request, contract_id)
    reason = request.POST.get("reason", "")
    try:
        _check_may_sign(link)
        origin = origin_of(request)
        decline_text(found.pk, reason, by=None, at=timezone.now(), link=link, origin=origin)
    except Refused as refusal:
        return _page(request, found, link, refusal, reason=reason)
    return redirect("contracts:portal_contract", found.pk)


def _check_may_sign(link: PortalLink) -> None:
    if not link.may_sign:
        raise Refused(_("You may read this contract, but somebody else signs it."))


def _page(
    request: HttpRequest,
    contract: Contract,
    link: PortalLink,
    refusal: Refused | None = None,
    **typed: Any,
) -> HttpResponse:
    """Render the contract; after a refusal with its words beside what was typed."""
    contract.refresh_from_db(fields=["state"])
    awaits = awaits_customer(contract)
    context = {
        "contract": contract,
        "legal_entity": contract.legal_entity,
        "groups": line_groups(accepted_quote(contract.quote_id)),
        "last_day": contract.ends_on - timedelta(days=1),
        "notice_by": notice_by(contract.ends_on, contract.notice_days),
        "link": link,
        "awaits": awaits,
        "rows": final_rows(contract) if awaits else (),
        "consent": consent_to_text(contract) if awaits else "",
        "text_acceptance": text_acceptance_of(contract),
        "errors": {refusal.field or "form": retold(refusal.message)} if refusal else {},
        "name": link.reader,
        **typed,
    }
    return render(request, "contracts/portal.html", context, status=422 if refusal else 200)


def _opened(request: HttpRequest, contract_id: int) -> tuple[Contract, PortalLink]:
    link = opened_link(request, PortalLink.CONTRACT, contract_id)
    found = Contract.objects.select_related(
        "customer__legal_entity", "legal_entity", "owner", "countersigned_by", "signed_document",
        "text_document", "template", "quote", "amends",
    )  # fmt: skip
    # The link names its customer; a contract of another one is none of theirs.
    one = found.filter(pk=contract_id, customer_id=link.customer_id).first()
    if one is None:
        raise Http404
    return one, link
