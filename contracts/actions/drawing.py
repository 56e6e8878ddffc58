"""Write a contract's text from the clause library, and ask the desks about exactly that text."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.utils import translation

from contracts.models import Contract, ContractApproval, ContractPolicy, ContractTemplate
from contracts.queries.clauses import TemplateText, text_of
from contracts.rules.drafting import (
    Policy,
    Wording,
    desks_for,
    draw_up,
    draw_up_amendment,
    text_hash,
)
from contracts.rules.renewal import notice_by
from q2c.customers.models import Customer
from q2c.identity.models import User
from q2c.infra.copy import copy_rows
from q2c.kernel.errors import Refused
from q2c.web.templatetags.q2c import amount, day
from quotes.queries import AcceptedQuote

NOTICE_DAYS = 30


def default_text(language: str) -> TemplateText:
    """Return the default template of a language, else the English one, with its present words.

    Refuses when neither is kept, or when a clause lacks its text in that language.
    """
    templates = ContractTemplate.objects.filter(is_default=True)
    found = templates.filter(language=language).first() or templates.filter(language="en").first()
    if found is None:
        raise Refused("There is no default contract template. Add one under Contracts › Templates.")
    return text_of(found)


def drawn_up(
    quote: AcceptedQuote, text: TemplateText, customer: Customer, **given: Any
) -> tuple[Contract, list[Wording]]:
    """Return a contract of an accepted quote, without saving, and the clauses that stand in it.

    `given` is what the quote does not say: its number, what it amends, how far it got.
    """
    contract = Contract(
        template=text.template,
        customer_id=quote.customer_id,
        legal_entity_id=quote.legal_entity_id,
        quote_id=quote.id,
        owner_id=quote.owner_id,
        title=quote.title,
        currency=quote.currency,
        total=quote.contract_total,
        monthly_total=quote.monthly_total,
        starts_on=quote.starts_on,
        ends_on=quote.ends_on,
        term_months=quote.term_months,
        payment_terms_days=quote.payment_terms_days,
        auto_renew=quote.auto_renew,
        notice_days=NOTICE_DAYS,
        customer_signed_by=quote.accepted_by,
        customer_signed_at=quote.accepted_at,
        **given,
    )
    return contract, _write_text(contract, quote, text, customer)


def _write_text(
    contract: Contract, quote: AcceptedQuote, text: TemplateText, customer: Customer
) -> list[Wording]:
    number = f"{quote.number} v{quote.version}"
    language = text.template.language
    values = blanks_of(contract, customer, quote_number=number, language=language)
    facts = _facts(quote)
    if contract.amends:
        wordings = draw_up_amendment(text.wordings, facts=facts, values=values, language=language)
    else:
        wordings = draw_up(text.wordings, facts=facts, values=values)
    contract.body = [{"title": one.title, "body": one.body} for one in wordings]
    contract.content_hash = text_hash(contract.number, contract.body, quote.content_hash)
    return wordings


def keep_clauses(drawn: Iterable[tuple[Contract, Sequence[Wording]]]) -> None:
    """Keep which version stands at which place of contracts that were saved."""
    columns = ["contract_id", "position", "standard_id", "used_id"]
    rows = (
        (contract.pk, position, one.version_id, one.version_id)
        for contract, wordings in drawn
        for position, one in enumerate(wordings)
        if one.version_id is not None
    )
    copy_rows("contracts_contractclause", columns, rows)


def blanks_of(
    contract: Contract, customer: Customer, *, quote_number: str, language: str
) -> dict[str, str]:
    """Return what stands in the blanks of a contract's text, written as pages in its language do."""
    with translation.override(language):
        total = amount(contract.total, contract.currency)
        starts_on, last_day = day(contract.starts_on), day(notice_by(contract.ends_on, 0))
    return {
        "seller_name": customer.legal_entity.name,
        "customer_name": customer.legal_name,
        "quote_number": quote_number,
        "contract_number": contract.number,
        "currency": contract.currency,
        "total": total,
        "starts_on": starts_on,
        "last_day": last_day,
        "term_months": str(contract.term_months),
        "notice_days": str(contract.notice_days),
        "payment_terms_days": str(contract.payment_terms_days),
        "amended_contract": contract.amends.number if contract.amends else contract.number,
    }


def _facts(quote: AcceptedQuote) -> frozenset[str]:
    kinds = {line.kind for line in quote.lines}
    charge_kinds = {line.charge_kind for line in quote.lines}
    holds = {
        "auto_renew": quote.auto_renew,
        "goods": "goods" in kinds,
        "subscriptions": "recurring" in charge_kinds,
        "usage": "usage" in charge_kinds,
    }
    return frozenset(name for name, is_true in holds.items() if is_true)


def ask_desks(
    contracts: list[Contract],
    *,
    state: str = ContractApproval.PENDING,
    by: User | None = None,
    at: datetime | None = None,
) -> None:
    """Write the approvals that a set of contracts needs; those brought in come decided."""
    policies = [
        Policy(p.currency, p.legal_from_total, p.legal_from_months)
        for p in ContractPolicy.objects.filter(is_active=True)
    ]
    ContractApproval.objects.bulk_create(
        [
            ContractApproval(
                contract=contract,
                desk=desk,
                reason=reason,
                content_hash=contract.content_hash,
                state=state,
                decided_by=by,
                decided_at=at,
            )
            for contract in contracts
            for desk, reason in desks_for(
                policies,
                total=contract.total,
                currency=contract.currency,
                term_months=contract.term_months,
            ).items()
        ],
        batch_size=1000,
    )
