"""What the style guide shows: made-up content for every component."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django import forms

from q2c.infra.models import Event
from q2c.web.tones import TONES

STATES = list(TONES)
TABS = [
    {"label": "Open", "url": "?tab=open", "current": True, "count": 12, "total": "18,240.00 EUR"},
    {
        "label": "Overdue",
        "url": "?tab=overdue",
        "current": False,
        "count": 3,
        "total": "4,120.50 EUR",
    },
    {"label": "Paid", "url": "?tab=paid", "current": False, "count": 240, "total": ""},
]
STEPS = [
    {"label": "Draft", "status": "done"},
    {"label": "Approved", "status": "done"},
    {"label": "Sent", "status": "current"},
    {"label": "Accepted", "status": "todo"},
]
FACTS = [("Customer", "Alpenrad AG"), ("Payment terms", "30 days"), ("Purchase order", None)]
SERIES = ("Recognised", "Deferred")
ROWS = [
    ("Jan", (Decimal(2400), Decimal(9600))),
    ("Feb", (Decimal(4900), Decimal(8100))),
    ("Mar", (Decimal(7300), Decimal(6400))),
    ("Apr", (Decimal(9100), Decimal(3900))),
]
LINE = [
    ("Jan", Decimal(8200)),
    ("Feb", Decimal(9100)),
    ("Mar", Decimal(8900)),
    ("Apr", Decimal(11800)),
]
AGES = [
    ("Not due", Decimal(12000), "green"),
    ("1–30 days", Decimal(4100), "amber"),
    ("31–60 days", Decimal(1900), "orange"),
    ("Over 60 days", Decimal(700), "red"),
]
AMOUNTS = [
    (Decimal("1234.5"), "EUR"),
    (Decimal("-98.76"), "USD"),
    (Decimal(125000), "JPY"),
    (Decimal("7.125"), "KWD"),
]
MISTAKES = {"name": "", "amount": "-5", "on": "31 February"}


class SampleForm(forms.Form):
    name = forms.CharField(help_text="As it stands on the invoice.")
    amount = forms.DecimalField(min_value=0)
    on = forms.DateField(label="Date")
    kind = forms.ChoiceField(choices=[("a", "Bank transfer"), ("b", "Card")], required=False)
    note = forms.CharField(widget=forms.Textarea, required=False)
    agree = forms.BooleanField(label="Renew automatically", required=False)


def events() -> list[Any]:
    at = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
    return [
        Event(at=at, name="QuoteSent", actor_label="Ana Ferreira", changes={}, reason=""),
        Event(
            at=at,
            name="QuoteEdited",
            actor_label="Ana Ferreira",
            changes={"discount_percent": ["5", "12"]},
            reason="Agreed on the phone",
        ),
    ]
