"""Why deals of the story were won and lost, and what is worth repeating."""

from collections.abc import Mapping
from datetime import datetime

from q2c.identity.models import User
from quotes import actions as quotes
from quotes.models import CloseReason, Quote

_REASONS = {
    "won": ("Best offer", "Known to us", "Short delivery time"),
    "lost": ("Price", "Smaller scope", "A competitor", "No decision"),
}


def say_why(people: Mapping[str, User], *, now: datetime) -> None:
    """Say why some deals of the story were won or lost, and keep one as a template."""
    if CloseReason.objects.exists():
        return
    reasons = _reasons(people, now=now)
    _outcomes(reasons, people, now=now)
    office = Quote.objects.get(title="Creative hub")
    quotes.save_template(
        office.pk,
        name="Small office",
        description="Internet for one site, backup for two",
        by=people["rep"],
        at=now,
    )


def _reasons(people: Mapping[str, User], *, now: datetime) -> dict[str, int]:
    return {
        name: quotes.save_close_reason(
            quotes.ReasonDraft(kind=kind, name=name), by=people["admin"], at=now
        ).pk
        for kind, names in _REASONS.items()
        for name in names
    }


def _outcomes(reasons: Mapping[str, int], people: Mapping[str, User], *, now: datetime) -> None:
    said = {
        "Daten für den Fuhrpark": ("Smaller scope", "They start with ten vehicles of their own."),
        "Netz im Hafenbüro": ("Known to us", ""),
        "Telefonie für 40 Filialen": ("Best offer", "Two others bid."),
    }
    for title, (reason, note) in said.items():
        quote = Quote.objects.get(title=title, version=1)
        quotes.say_outcome(quote.pk, reason_id=reasons[reason], note=note, by=people["rep"], at=now)
