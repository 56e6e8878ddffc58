"""Contracts as they come about: a template, an accepted quote, the words of the desks."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from contracts.actions import approve_contract, countersign_contract, draw_up_contract
from contracts.models import Clause, ClauseVersion, Contract, ContractTemplate, TemplateClause
from q2c.catalog.models import Product
from q2c.customers.models import Customer
from q2c.identity.models import User
from quotes.actions.bulk import AcceptedLineInput, AcceptedQuoteInput, bring_in_accepted_quotes
from quotes.models import PriceBook, Quote

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
START = date(2027, 1, 1)
CLAUSES = [
    {
        "title": "Parties",
        "body": "Between {{ seller_name }} and {{ customer_name }}, as offered in "
        "{{ quote_number }}.",
        "when": "",
    },
    {
        "title": "Term",
        "body": "From {{ starts_on }} for {{ term_months }} months until {{ last_day }}.",
        "when": "",
    },
    {"title": "Renewal", "body": "It goes on without notice.", "when": "auto_renew"},
    {"title": "Goods", "body": "Risk passes on delivery.", "when": "goods"},
    {"title": "Usage", "body": "Usage is measured by the provider.", "when": "usage"},
]
_serial = count(1)


def a_template(**given: object) -> ContractTemplate:
    """A default template; `clauses` are texts in its language, each a clause of the library."""
    texts = given.pop("clauses", CLAUSES)
    values = {"name": f"Standard {next(_serial)}", "language": "en", "is_default": True, **given}
    template = ContractTemplate.objects.create(**values)
    for position, text in enumerate(texts, start=1):
        words = {template.language: {"title": text["title"], "body": text["body"]}}
        TemplateClause.objects.create(
            template=template, position=position, when=text["when"], clause=a_clause(words)
        )
    return template


def a_clause(texts: dict[str, dict[str, str]], **given: object) -> Clause:
    """A clause of the library with its first version, named after its title where it is free."""
    title = next(iter(texts.values()))["title"]
    name = f"{title} {next(_serial)}" if Clause.objects.filter(name=title).exists() else title
    clause = Clause.objects.create(**{"name": name, **given})
    ClauseVersion.objects.create(
        clause=clause, number=1, texts=texts, reason="First version", made_at=AT
    )
    return clause


def an_english_clause(title: str, body: str = "As the law has it.", **given: object) -> Clause:
    return a_clause({"en": {"title": title, "body": body}}, **given)


def an_accepted_quote(
    customer: Customer, owner: User, *, lines: Sequence[tuple[Any, ...]] = (("SUP", 10),), **given
) -> Quote:
    """A quote the customer accepted; its contract is not drawn up yet.

    A line is a sku, a quantity and, for a part of a bundle, the place of that bundle.
    """
    products = Product.objects.in_bulk([line[0] for line in lines], field_name="sku")
    values = {
        "external_ref": f"test-{next(_serial)}",
        "customer_id": customer.pk,
        "legal_entity_id": customer.legal_entity_id,
        "owner_id": owner.pk,
        "price_book_id": PriceBook.objects.get(currency=customer.currency).pk,
        "term_months": 12,
        "starts_on": START,
        "accepted_by": "Ida Voss",
        "accepted_at": AT,
        "title": "Office",
        "lines": tuple(
            AcceptedLineInput(
                product_id=products[sku].pk,
                quantity=Decimal(quantity),
                bundle=next(iter(bundle), None),
            )
            for sku, quantity, *bundle in lines
        ),
        **given,
    }
    at = values["accepted_at"]
    [pk] = bring_in_accepted_quotes([AcceptedQuoteInput(**values)], by=None, at=at)
    return Quote.objects.get(pk=pk)


def a_contract(customer: Customer, owner: User, **given) -> Contract:
    """A contract that waits for its desks."""
    quote = an_accepted_quote(customer, owner, **given)
    return draw_up_contract(quote.pk, at=given.get("accepted_at", AT))


def sign(contract: Contract, *, by: User, at: datetime = AT) -> Contract:
    """Let somebody who may do all of it approve for every desk and countersign."""
    for approval in contract.approvals.order_by("desk"):
        approve_contract(contract.pk, desk=approval.desk, by=by, at=at)
    return countersign_contract(contract.pk, by=by, at=at)
