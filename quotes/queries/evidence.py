"""What proves how an offer was answered: the certificate of its chain."""

from typing import Any

from django.utils.translation import gettext as _

from q2c.infra.evidence import Link
from q2c.web.evidence import Certificate, Words, certificate_of


def evidence_of(quote_id: int) -> Certificate:
    """Return the certificate of an offer and, once it is accepted, of its contract.

    Every hash is reckoned anew; in the language of the moment.
    """
    return certificate_of(chain_of(quote_id))


def chain_of(quote_id: int) -> str:
    """Return the name of an offer's chain, which its contract continues."""
    return f"quote:{quote_id}"


def _sent(link: Link) -> str:
    return _("The offer was sent to %(to)s <%(email)s>") % _filled(link, "to", "email")


def _sent_again(link: Link) -> str:
    values = _filled(link, "reader", "email")
    return _("A new link was sent to %(reader)s <%(email)s>; earlier ones are dead") % values


def _forwarded(link: Link) -> str:
    values = {"to": link.data["name"], "email": link.data["email"]}
    if link.data.get("hands_over"):
        return _("Signing was handed over to %(to)s <%(email)s>") % values
    if link.data["may_sign"]:
        return _("Forwarded to %(to)s <%(email)s>, who may sign too") % values
    return _("Forwarded to %(to)s <%(email)s>, to read") % values


def _filled(link: Link, *names: str) -> dict[str, Any]:
    return {name: link.details.get(name, "–") for name in names}


WORDS: dict[str, Words] = {
    "QuoteSent": _sent,
    "QuoteSentAgain": _sent_again,
    "QuoteForwarded": _forwarded,
    "QuoteViewed": lambda _link: _("The offer was opened"),
    "QuoteReturnedTo": lambda _link: _("The offer was opened again after days"),
    "QuoteLinksRevoked": lambda _link: _("Links to the offer were revoked"),
    "QuoteExpiryReminded": lambda _link: _("A reminder was sent that the offer runs out"),
    "QuoteCommented": lambda _link: _("Question or answer"),
    "CounterOfferMade": lambda _link: _("Other terms were asked for"),
    "CounterOfferAnswered": lambda _link: _("Other terms were answered"),
    "CounterOfferWithdrawn": lambda _link: _("Other terms were withdrawn"),
    "QuoteChoiceKept": lambda _link: _("What was chosen was written down, to be signed"),
    "QuoteAccepted": lambda _link: _("The offer was accepted and signed"),
    "QuoteDeclined": lambda _link: _("The offer was declined"),
    "QuoteExpired": lambda _link: _("The offer ran out"),
    "QuoteRevised": lambda _link: _("A newer version takes its place"),
    "QuoteCancelled": lambda _link: _("The offer was withdrawn"),
}
OPEN_REASONS = ("QuoteSent", "QuoteCommented", "QuoteAccepted", "QuoteDeclined")
