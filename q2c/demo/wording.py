"""What legal does to words in the story: a clause is written anew, a customer gets an alternate."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from contracts import actions
from contracts.models import Clause, Contract
from q2c.identity.models import User

# Said after the first sentence, by language.
_SUBPROCESSORS = {
    "en": "Other processors are engaged only after the Customer was told; it may object within 30 "
    "days.",
    "de": "Weitere Auftragsverarbeiter werden erst nach Mitteilung an den Kunden eingesetzt; er kann "
    "binnen 30 Tagen widersprechen.",
    "fr": "D’autres sous-traitants ne sont engagés qu’après information du Client, qui peut s’y "
    "opposer dans les 30 jours.",
    "es": "Otros encargados solo se contratan tras informar al Cliente, que puede oponerse en un "
    "plazo de 30 días.",
}


def change_words(people: Mapping[str, User], *, now: datetime) -> None:
    """Let a clause have a second version, and one contract deviate from its template."""
    # A demo of before the library keeps the clauses that its templates had.
    clause = Clause.objects.filter(name="Data protection", version=1).first()
    contract = Contract.objects.filter(title="Wi-Fi para visitantes", state="in_approval").first()
    if clause is None or contract is None:
        return
    at = now - timedelta(hours=3)
    payment = contract.clauses.get(standard__clause__name="Payment")
    actions.swap_clause(
        contract.pk,
        actions.Swap(
            position=payment.position,
            clause_id=Clause.objects.get(name="Payment after receipt").pk,
            reason="A public museum pays after receipt and by order number only.",
        ),
        by=people["legal"],
        at=at,
    )
    texts = clause.versions.get().texts
    actions.save_clause(
        clause.pk,
        actions.ClauseDraft(
            name=clause.name,
            topic=clause.topic,
            is_mandatory=True,
            approver_role=clause.approver_role,
            texts={
                code: {**text, "body": f"{text['body']} {_SUBPROCESSORS[code]}"}
                for code, text in texts.items()
            },
            reason="Customers ask who else processes their data.",
        ),
        by=people["legal"],
        at=at + timedelta(hours=1),
    )


def change_text(contract: Contract, *, by: User, at: datetime) -> None:
    """Take two alternates into a contract, which the customer then reads and signs as it is."""
    asked = "Their purchasing department asks for it."
    for standard, other in (
        ("Payment", "Payment after receipt"),
        ("Governing law", "Governing law at the customer's seat"),
    ):
        place = contract.clauses.get(standard__clause__name=standard)
        alternate = Clause.objects.get(name=other)
        swap = actions.Swap(position=place.position, clause_id=alternate.pk, reason=asked)
        actions.swap_clause(contract.pk, swap, by=by, at=at)
