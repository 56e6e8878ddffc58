"""The contract as PDF: its text, what was ordered, and both signatures."""

from datetime import datetime

from django.utils import translation
from django.utils.translation import gettext as _

from contracts.models import Contract
from contracts.queries.final_text import text_acceptance_of
from q2c.identity.models import User
from q2c.infra.pdf import render_pdf
from q2c.web.evidence import Subject, certificate_pdf
from quotes.queries import AcceptedQuote, chain_of, line_groups, signature_of


def contract_pdf(
    contract: Contract, quote: AcceptedQuote, *, signer: User | None, at: datetime
) -> bytes:
    """Render the contract with the customer's signature and ours, in the customer's language.

    Without a `signer` nobody has signed it yet: it is the text that the customer is to sign.
    """
    text_acceptance = text_acceptance_of(contract)
    context = {
        "language": contract.customer.language,
        "contract": contract,
        "quote": quote,
        "currency": contract.currency,
        "seller": contract.legal_entity,
        "customer": contract.customer,
        "signature": signature_of(quote.id),
        "text_acceptance": text_acceptance,
        "signer": signer,
        "at": at,
    }
    with translation.override(contract.customer.language):
        return render_pdf(
            "documents/contract.html", {**context, "groups": line_groups(quote)}, at=at
        )


def contract_certificate(contract: Contract, *, at: datetime) -> bytes:
    """Render what proves how a contract came to be signed, from its offer on."""
    language = contract.customer.language
    with translation.override(language):
        title = _("Contract %(number)s") % {"number": contract.number}
    subject = Subject(title, contract.legal_entity.name, contract.customer.legal_name)
    return certificate_pdf(chain_of(contract.quote_id), subject, language=language, at=at)
