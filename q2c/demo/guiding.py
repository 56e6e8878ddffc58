"""The demo company's questionnaires, and a draft that one of them built."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from q2c.catalog.models import Product
from q2c.customers.models import Customer
from q2c.identity.models import User
from quotes import actions
from quotes.models import Questionnaire, Quote

_INTERNET, _MOBILE = "Internet at the site", "Mobile lines"
_LIGHT, _BUSY, _SERVERS = "Mail and web", "Video calls all day", "Large files or own servers"
_LITTLE, _USUAL, _MUCH = "Little: mail and maps", "Usual", "A lot: video and tethering"
_KEEP, _SOLID, _BEST = "They keep their own", "A solid one", "The best there is"
_STAYS, _EUROPE, _WORLD = "Hardly", "Within Europe", "World-wide"

# key, question, answered with, choices, answer to begin with, help, asked when
_TELECOM = [
    ("needs", "What do they need?", "many", (_INTERNET, _MOBILE), [_INTERNET, _MOBILE], "", ()),
    ("line", "What is the line used for?", "one", (_LIGHT, _BUSY, _SERVERS), _BUSY, "",
     [("needs", "is", [_INTERNET])]),
    ("addresses", "How many fixed IP addresses?", "number", (), "1",
     "For servers and cameras that are reached from outside.", [("line", "is", [_SERVERS])]),
    ("screens", "Is there a waiting room with a screen?", "yes_no", (), "no", "",
     [("needs", "is", [_INTERNET])]),
    ("phones", "How many mobile lines?", "number", (), "2", "One for everybody who is out.",
     [("needs", "is", [_MOBILE])]),
    ("data", "How much data does a line use?", "one", (_LITTLE, _USUAL, _MUCH), _USUAL, "",
     [("needs", "is", [_MOBILE])]),
    ("device", "Which phones?", "one", (_KEEP, _SOLID, _BEST), _KEEP, "",
     [("needs", "is", [_MOBILE])]),
    ("abroad", "Do they travel?", "one", (_STAYS, _EUROPE, _WORLD), _STAYS, "",
     [("needs", "is", [_MOBILE])]),
]  # fmt: skip
_NETWORK = [
    ("sites", "How many sites are to be connected?", "number", (), None, "", ()),
    ("people", "How many people will telephone?", "number", (), "0", "", ()),
    ("desks", "Do they want phones on their desks?", "yes_no", (), "no", "",
     [("people", "at_least", "1")]),
    ("foreign", "Do they call abroad?", "yes_no", (), "no", "", [("people", "at_least", "1")]),
    ("standstill", "What does an hour of standstill cost them?", "one",
     ("Nerves", "Money", "Customers"), "Nerves", "It decides which service we recommend.", ()),
    ("helps", "Who installs the routers?", "one", ("They do", "We do", "They are not sure"),
     "We do", "", ()),
    ("remarks", "What else did they say?", "text", (), None, "Only we read it.", ()),
]  # fmt: skip
_REQUIRED = ("needs", "phones", "sites", "people")


def questionnaires(by: User, *, at: datetime) -> None:
    """Put both questionnaires in force, once, through the same actions as the pages."""
    if Questionnaire.objects.exists():
        return
    ids = dict(Product.objects.values_list("sku", "pk"))
    telecom = actions.QuestionnaireDraft(
        name="Fibre and mobile for a small business",
        description="From what they do all day to a line, phones and plans.",
        questions=tuple(_questions(_TELECOM)),
        proposals=tuple(_telecom(ids)),
    )
    network = actions.QuestionnaireDraft(
        name="Network for several sites",
        description="Sites, telephony and the service that fits what standing still would cost.",
        offered=({"field": "segment", "operator": "is_not", "value": ["small"]},),
        questions=tuple(_questions(_NETWORK)),
        proposals=tuple(_network(ids)),
    )
    for draft in (telecom, network):
        row = actions.add_questionnaire(draft, by=by, at=at)
        actions.activate_questionnaire(row.pk, by=by, at=at)


def guided(customer: Customer, *, by: User, at: datetime) -> Quote:
    """Build a draft as a rep would: questions answered, one quantity changed, answered again."""
    new = actions.NewQuote(customer_id=customer.pk, title="Three workshops", term_months=24)
    quote = actions.create_quote(new, by=by, at=at)
    row = Questionnaire.objects.get(name="Network for several sites", is_active=True)
    answers = {"sites": 3, "people": 18, "desks": "yes", "standstill": "Money"}
    for more, taken in (
        ({}, {"routers": Decimal(4)}),
        ({"people": 20, "remarks": "Two more start in spring."}, {}),
    ):
        draft = actions.GuidedDraft(
            questionnaire_id=row.pk, answers={**answers, **more}, taken=taken
        )
        actions.answer_questionnaire(quote.pk, draft, by=by, at=at)
    return quote


def _questions(rows: Iterable[Any]) -> Iterable[dict[str, Any]]:
    for key, text, kind, choices, default, words, when in rows:
        yield {
            "key": key, "text": text, "kind": kind, "choices": choices, "default": default,
            "help": words, "conditions": _when(*when), "is_required": key in _REQUIRED,
            "least": "1" if key in ("phones", "sites") else None,
            "most": "50" if key == "phones" else None,
        }  # fmt: skip


def _telecom(ids: dict[str, int]) -> Iterable[dict[str, Any]]:
    internet, mobile = ("needs", "is", [_INTERNET]), ("needs", "is", [_MOBILE])
    no_internet, no_mobile = ("needs", "is_not", [_INTERNET]), ("needs", "is_not", [_MOBILE])
    line = ids["INTERNET"]
    yield {
        "product_id": ids["CONNECT"], "conditions": _when(internet, mobile),
        "why": "Fibre and mobile on one bill: 10 % off the line and 15 % off the plans.",
        "options": [
            {"path": [ids["MOBILE"]], "quantity_from": "phones"},
            *_access(ids, line), *_plans(ids, ids["MOBILE"]),
        ],
    }  # fmt: skip
    yield {
        "product_id": line, "conditions": _when(internet, no_mobile), "options": _access(ids),
        "why": "A fibre line with its router, as fast as their work asks for.",
    }  # fmt: skip
    yield {
        "product_id": ids["MOBILE"], "quantity_from": "phones", "options": _plans(ids),
        "conditions": _when(mobile, no_internet), "why": "A line for everybody who is out.",
    }  # fmt: skip


def _access(ids: dict[str, int], *above: int) -> list[dict[str, Any]]:
    """Return what a fibre line comes with, within `above`."""
    speeds = [
        {"path": [*above, ids[sku]], "conditions": _when(("line", "is", [use]))}
        for sku, use in (("NET-250", _LIGHT), ("NET-500", _BUSY), ("NET-1000", _SERVERS))
    ]
    addresses = {"path": [*above, ids["NET-IP"]], "quantity_from": "addresses"}
    screens = ("screens", "is", ["yes"])
    television = {"path": [*above, ids["TVPACK"]], "conditions": _when(screens)}
    return [*speeds, addresses, television]


def _plans(ids: dict[str, int], *above: int) -> list[dict[str, Any]]:
    """Return what a mobile line comes with, within `above`."""
    chosen = (
        ("MOB-S", "data", _LITTLE), ("MOB-M", "data", _USUAL), ("MOB-L", "data", _MUCH),
        ("PHONE-A6", "device", _SOLID), ("PHONE-P9", "device", _BEST),
        ("ROAM-EU", "abroad", _EUROPE), ("ROAM-WORLD", "abroad", _WORLD),
    )  # fmt: skip
    return [
        {"path": [*above, ids[sku]], "conditions": _when((question, "is", [answer]))}
        for sku, question, answer in chosen
    ]


def _network(ids: dict[str, int]) -> Iterable[dict[str, Any]]:
    people = ("people", "at_least", "1")
    some = {"role": "choice", "group": "Service"}
    good, better = (
        {
            code: {"group": group, "choice": choice}
            for code, group, choice in zip(("de", "fr", "es"), groups, choices, strict=True)
        }
        for groups, choices in (
            (("Service", "Service", "Servicio"), ("Gut", "Bien", "Bueno")),
            (("Service", "Service", "Servicio"), ("Besser", "Mieux", "Mejor")),
        )
    )
    yield {
        "key": "sites", "product_id": ids["MPLS"], "quantity_from": "sites",
        "why": "One connection for each site, in one private network.",
    }  # fmt: skip
    yield {
        "key": "routers", "product_id": ids["ROUTER"], "quantity_from": "sites",
        "why": "A router at each site.",
    }  # fmt: skip
    yield {
        "key": "visits", "product_id": ids["SETUP"], "quantity_from": "sites",
        "conditions": _when(("helps", "is", ["We do"])), "why": "A visit to each site.",
    }  # fmt: skip
    yield {
        "key": "visits_perhaps", "product_id": ids["SETUP"], "quantity_from": "sites",
        "role": "option", "conditions": _when(("helps", "is", ["They are not sure"])),
        "why": "They may still ask us to install.",
    }  # fmt: skip
    yield {
        "key": "seats", "product_id": ids["SEAT"], "quantity_from": "people",
        "conditions": _when(people), "why": "A seat for everybody who telephones.",
    }  # fmt: skip
    yield {
        "key": "handsets", "product_id": ids["HANDSET"], "quantity_from": "people",
        "conditions": _when(("desks", "is", ["yes"])), "why": "A phone for each desk.",
    }  # fmt: skip
    yield {
        "key": "calls", "product_id": ids["CALLS"],
        "conditions": _when(("foreign", "is", ["yes"])), "why": "They call abroad.",
    }  # fmt: skip
    yield {
        **some, "key": "by_day", "product_id": ids["SUPPORT"], "quantity_from": "sites",
        "choice": "Good", "translations": good, "why": "Help by day.",
    }  # fmt: skip
    yield {
        **some, "key": "around_the_clock", "product_id": ids["SLA"], "choice": "Better",
        "translations": better, "is_recommended": True, "conditions": _when(("standstill", "is_not", ["Nerves"])),
        "why": "Help around the clock, because standing still costs them more than this.",
    }  # fmt: skip
    yield {
        "key": "backup", "product_id": ids["BACKUP"], "quantity_from": "people",
        "factor": "0.25", "role": "option", "conditions": _when(people),
        "why": "One backup for every four people.",
    }  # fmt: skip


def _when(*rows: Any) -> list[dict[str, Any]]:
    return [dict(zip(("question", "operator", "value"), row, strict=True)) for row in rows]
