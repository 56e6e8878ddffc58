"""Offers that are still open: sections, options, plans side by side, and customers who answer."""

from datetime import datetime, timedelta
from decimal import Decimal

import quotes.actions as quotes
from q2c.catalog.models import Product
from q2c.customers.models import Customer, PortalLink
from q2c.customers.portal import make_link
from q2c.identity.models import User
from q2c.web.writing import typeset
from quotes.models import Quote, QuoteLine
from quotes.rules.countering import Edit

_LETTERS = {
    "de": (
        "Hafenbüro, zweite Etage",
        (
            "Guten Tag,\n\nvielen Dank für den Rundgang. Das schlagen wir für die neue Etage vor; den "
            "Service wählen Sie, Zusätze schalten Sie ein oder aus."
        ),
        ("Anschluss", "Telefonie", "Service"),
    ),
    "fr": (
        "Deuxième studio",
        (
            "Bonjour,\n\nmerci pour la visite. Voici notre proposition pour le nouveau studio ; vous "
            "choisissez le service et activez les options."
        ),
        ("Connexion", "Téléphonie", "Service"),
    ),
}


def offer_choices(
    people: dict[str, User], customers: dict[str, Customer], *, now: datetime
) -> None:
    """Send two offers to choose from; one customer asks, forwards, and makes a counter-offer."""
    first = _offer(customers["kieler"], "de", people, at=now - timedelta(days=4))
    _offer(customers["lumiere"], "fr", people, at=now - timedelta(days=1))
    _converse(first, at=now - timedelta(days=3), now=now)


# Good, better, best: what each choice holds.
_SERVICE = (("Basic", "SUPPORT", 2), ("Plus", "SLA", 1), ("Max", "SLA", 1), ("Max", "SUPPORT", 30))


def _offer(customer: Customer, language: str, people: dict[str, User], *, at: datetime) -> Quote:
    rep = people["rep"]
    title, letter, (connection, phones, service) = _LETTERS[language]
    new = quotes.NewQuote(customer_id=customer.pk, title=title, term_months=24)
    quote = quotes.create_quote(new, by=rep, at=at)
    quotes.change_quote(
        quote.pk, {"language": language, "cover_letter": typeset(letter, language)}, by=rep, at=at
    )
    products = {product.sku: product.pk for product in Product.objects.all()}

    def line(sku: str, quantity: int, **cells: object) -> QuoteLine:
        new = quotes.NewLine(product_id=products[sku], quantity=Decimal(quantity))
        made = quotes.add_line(quote.pk, new, by=rep, at=at)
        return quotes.change_line(made.pk, cells, by=rep, at=at) if cells else made

    quotes.add_text(quote.pk, "section", connection, by=rep, at=at)
    line("FIBER", 1)
    bounds = {"min_quantity": Decimal(1), "max_quantity": Decimal(4)}
    line("ROUTER", 2, is_optional=True, **bounds)
    line("BACKUP", 1, is_optional=True, is_chosen=False)
    quotes.add_text(quote.pk, "section", phones, by=rep, at=at)
    line("SEAT", 30)
    line("CALLS", 1)
    quotes.add_text(quote.pk, "section", service, by=rep, at=at)
    for choice, sku, quantity in _SERVICE:
        line(sku, quantity, choice_group=service, choice=choice)
    quotes.recommend_choice(quote.pk, service, "Plus", by=rep, at=at)
    quotes.submit_quote(quote.pk, by=rep, at=at)
    return quotes.send_quote(quote.pk, by=rep, at=at + timedelta(hours=1))


def _converse(quote: Quote, *, at: datetime, now: datetime) -> None:
    make_link(
        PortalLink.QUOTE,
        customer_id=quote.customer_id,
        document_id=quote.pk,
        contact=quote.contact,
        by=None,
        at=at,
        expires_at=at + timedelta(days=60),
    )
    link = PortalLink.objects.filter(purpose=PortalLink.QUOTE, document_id=quote.pk).latest("pk")
    for when, parts in (
        (at, {"page": 210, "letter": 20, "prices": 150, "terms": 30}),
        (now - timedelta(hours=4), {"page": 95, "prices": 40, "signature": 45}),
    ):
        quotes.view_quote(quote.pk, link=link, at=when)
        quotes.note_reading(quote.pk, link, parts, at=when + timedelta(minutes=4))
    router, seat = (quote.lines.get(product__sku=sku) for sku in ("ROUTER", "SEAT"))
    asked = now - timedelta(hours=3)
    question = quotes.NewComment(
        body="Passt der Router in ein 19-Zoll-Gestell?",
        line_id=router.pk,
        files=[("Gestell.txt", b"19 Zoll, 2 HE frei")],
    )
    quotes.comment_on_quote(quote.pk, question, by=None, link=link, at=asked)
    quotes.forward_quote(
        quote.pk,
        link=link,
        name="Kim Lund",
        email="kim@kieler.example",
        may_sign=True,
        by=None,
        at=asked,
    )
    edits = [
        quotes.AskedEdit(
            edit=Edit.DISCOUNT, line_id=seat.pk, value="8", reason="Andere bieten 8 %"
        ),
        quotes.AskedEdit(edit=Edit.TERM, value="36", reason="Dafür bleiben wir länger"),
    ]
    message = "Mit beidem unterschreiben wir diese Woche."
    quotes.make_counter_offer(quote.pk, edits, message=message, by=None, link=link, at=asked)
