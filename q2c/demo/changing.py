"""What becomes of contracts in the demo: one is amended, one is about to be, one is renewed dearer."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from billing.actions import runs
from contracts.actions import (
    RenewalTerms,
    approve_contract,
    change_renewal_terms,
    countersign_contract,
)
from contracts.models import Contract
from orders.actions import start_amendment
from q2c.catalog.models import Product
from q2c.demo.consent import consent
from q2c.identity.models import User
from quotes import actions as quotes
from quotes.models import Quote
from quotes.queries import Coterm, RenewalMethod


def change_contracts(people: dict[str, User], *, now: datetime) -> None:
    """Amend clinic lines in the middle of a month, draft another amendment, settle an uplift."""
    rep, today = people["rep"], now.date()
    _more_seats(people, on=today - timedelta(days=9), now=now)
    port = _contract("Netz im Hafenbüro")
    draft = start_amendment(port.pk, on=today, by=rep, at=now)
    backup = Product.objects.get(sku="BACKUP")
    addition = quotes.Addition(
        line=quotes.NewLine(product_id=backup.pk, quantity=Decimal(3)),
        coterm=Coterm.CONTRACT_END,
    )
    quotes.add_to_amendment(draft, addition, by=rep, at=now)
    uplift = RenewalTerms(method=RenewalMethod.UPLIFT, uplift_percent=Decimal(4))
    change_renewal_terms(_contract("Telefone der Werkstatt").pk, uplift, by=rep, at=now)


def _more_seats(people: dict[str, User], *, on: date, now: datetime) -> None:
    """Twelve seats become eighteen, accepted and signed: credit note and invoice follow."""
    rep, contract = people["rep"], _contract("Clinic lines")
    pk = start_amendment(contract.pk, on=max(on, contract.starts_on), by=rep, at=now)
    seats = Quote.objects.get(pk=pk).lines.get(product__sku="SEAT")
    quotes.change_item(seats.pk, {"quantity": Decimal(18)}, by=rep, at=now)
    quote = quotes.submit_quote(pk, by=rep, at=now)
    for request in quote.approvals.filter(state="pending"):
        quotes.approve_quote(request.pk, by=people["cfo"], at=now, comment="More of the same.")
    quote = quotes.send_quote(pk, by=rep, at=now)
    name = quote.contact.name if quote.contact else "Customer"
    signature = quotes.Signature(
        name=name,
        kind="typed",
        image=name,
        consent=consent(quote),
        content_hash=quote.content_hash,
    )
    quotes.accept_quote(pk, signature, by=None, at=now, contact=quote.contact)
    amendment = Contract.objects.get(quote_id=pk)
    for approval in amendment.approvals.filter(state="pending").order_by("desk"):
        by = people["finance" if approval.desk == "finance" else "legal"]
        approve_contract(amendment.pk, desk=approval.desk, by=by, at=now)
    countersign_contract(amendment.pk, by=people["cfo"], at=now)
    run = runs.start_run(on=now.date(), post=True, deliver=True, by=None, at=now)
    runs.work_off(run.pk, at=now)


def _contract(title: str) -> Contract:
    return Contract.objects.filter(title=title, amends=None).latest("pk")
