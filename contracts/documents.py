"""The contract as PDF: its text, what was ordered, and both signatures."""

from datetime import datetime

from django.utils import translation

from contracts.models import Contract
from q2c.identity.models import User
from q2c.infra.pdf import render_pdf
from quotes.queries import AcceptedQuote, line_groups, signature_of


def contract_pdf(contract: Contract, quote: AcceptedQuote, *, signer: User, at: datetime) -> bytes:
    """Render the contract with the customer's signature and ours, in the customer's language."""
    context = {
        "language": contract.customer.language,
        "contract": contract,
        "quote": quote,
        "currency": contract.currency,
        "seller": contract.legal_entity,
        "customer": contract.customer,
        "signature": signature_of(quote.id),
        "signer": signer,
        "at": at,
    }
    with translation.override(contract.customer.language):
        return render_pdf(
            "documents/contract.html", {**context, "groups": line_groups(quote)}, at=at
        )
