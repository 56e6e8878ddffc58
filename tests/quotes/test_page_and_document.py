"""What the customer reads on the page stands in the document, in every language."""

import re
from decimal import Decimal
from html import unescape
from io import BytesIO

import pytest
from pypdf import PdfReader

from quotes.actions import (
    NewLine,
    add_line,
    add_text,
    change_line,
    change_quote,
    ramp_line,
    recommend_choice,
    send_quote,
    submit_quote,
)
from quotes.rules.ramps import Segment
from tests.quotes.conftest import NOON
from tests.quotes.test_portal import at, opened, today  # noqa: F401

D = Decimal
# What a page says to those who may still choose; nothing is picked on paper.
FOR_THE_SCREEN = {
    "en": {"As proposed", "With all options", "choose one", "optional"},
    "de": {"Wie vorgeschlagen", "Mit allen Optionen", "wählen Sie eines", "optional"},
    "fr": {"Tel que proposé", "Avec toutes les options", "choisissez-en un", "en option"},
    "es": {"Según la propuesta", "Con todas las opciones", "elija una", "opcional"},
}


@pytest.fixture
def rich_draft(full_draft, products, rep):
    """Sections, a note, an option in bounds, alternatives, tiers, a bundle, a ramp and usage."""
    who = {"by": rep, "at": NOON}

    def line(sku, quantity, **cells):
        new = NewLine(product_id=products[sku].pk, quantity=D(quantity))
        made = add_line(full_draft.pk, new, **who)
        return change_line(made.pk, cells, **who) if cells else made

    add_text(full_draft.pk, "section", "Haus 7", **who)
    line("BOX", 2, is_optional=True, min_quantity=D(1), max_quantity=D(4))
    line("SEATS", 30)
    line("HOME", 1)
    add_text(full_draft.pk, "note", "Innerhalb von 4 Wochen.", **who)
    ramp = line("NET", 2, discount_percent=D(5))
    start = full_draft.starts_on
    middle, end = start.replace(month=7), start.replace(year=start.year + 1)
    ramp_line(ramp.pk, [Segment(start, middle, D(2)), Segment(middle, end, D(3))], **who)
    line("SUP", 3, choice_group="Wahl", choice="A1")
    line("SLA", 1, choice_group="Wahl", choice="B2")
    recommend_choice(full_draft.pk, "Wahl", "B2", **who)
    return full_draft


def _said(html):
    """Return what a part of a page says, a text for each of its tags."""
    html = re.sub(
        r"<(noscript|details class=.details small.).*?</(noscript|details)>",
        "",
        html,
        flags=re.DOTALL,
    )
    texts = (" ".join(unescape(text).split()) for text in re.findall(r">([^<]+)<", html))
    # Of an alternative the page says how many before what.
    return [text.rpartition(" × ")[2].removesuffix("EUR") for text in texts if text]


def _packed(text):
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize("language", ["en", "de", "fr", "es"])
def test_every_word_of_the_offer_stands_in_its_document(rich_draft, rep, today, language):  # noqa: F811
    changes = {"language": language, "cover_letter": "Bonjour Ida", "discount_percent": D(2)}
    change_quote(rich_draft.pk, changes, by=rep, at=NOON)
    submit_quote(rich_draft.pk, by=rep, at=NOON)
    quote = send_quote(rich_draft.pk, by=rep, at=NOON)
    page = opened(quote).get(at("quote", quote)).content.decode()
    pages = PdfReader(BytesIO(bytes(quote.document.content))).pages
    document = _packed("".join(one.extract_text() for one in pages))
    shown = page[page.index('data-part="prices"') : page.index('id="questions"')]
    missing = {text for text in _said(shown) if _packed(text) not in document}
    assert missing - FOR_THE_SCREEN[language] == set()
