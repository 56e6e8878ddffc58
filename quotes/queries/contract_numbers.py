"""How contracts are called, which are a later app's."""

from collections.abc import Callable

from django.utils.translation import gettext as _

from quotes.models import Quote, QuoteKind

_namers: list[Callable[[int], str]] = []


def register_contract_numbers(number_of: Callable[[int], str]) -> None:
    """Let the app that keeps contracts say the number of one."""
    _namers[:] = [number_of]


def contract_number(quote: Quote) -> str:
    """Return the number of the contract that a quote amends or renews; empty without one."""
    contract_id = quote.amends_contract_id or quote.renews_contract_id
    return _namers[0](contract_id) if contract_id and _namers else ""


def about_contract(quote: Quote) -> str:
    """Say, in the language of the page, which contract a quote is about; empty without one."""
    number = {"number": contract_number(quote)}
    if quote.kind == QuoteKind.AMENDMENT:
        return _("Amendment to contract %(number)s") % number
    if quote.kind == QuoteKind.RENEWAL:
        return _("Renewal of contract %(number)s") % number
    return ""
