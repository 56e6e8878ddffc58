"""Days, signs and greetings as each language writes them, on pages, in mails and documents alike."""

import re
from datetime import date
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.conf import settings
from django.utils import translation

from q2c.web.retelling import retold, told
from q2c.web.templatetags.q2c import colon, day, quoted
from q2c.web.translations import catalog_file, languages
from q2c.web.writing import typeset

FIRST_LETTERS = re.compile(r"\A(?:\s|\{%.*?%\})*(\w)", re.DOTALL)


@pytest.mark.parametrize(
    ("language", "written"),
    [("en", "1 Jan 2027"), ("de", "01.01.2027"), ("fr", "1er janv. 2027"), ("es", "1 ene 2027")],
)
def test_a_day_is_written_alike_by_pages_and_by_what_rules_told(language, written):
    with translation.override(language):
        assert day(date(2027, 1, 1)) == told("01 Jan 2027") == written
        assert written in retold("The subscription ends on 01 Jan 2027.")


def test_what_people_wrote_keeps_its_days():
    assert retold("Agreed with Ms Roth on 01 Jan 2027") == "Agreed with Ms Roth on 01 Jan 2027"


def test_french_spaces_do_not_break():
    text = typeset("« Prix » : 5 %% de remise ; d’accord ?", "fr")
    assert text == "«\xa0Prix\xa0»\xa0: 5\xa0%% de remise\u202f; d’accord\u202f?"
    assert typeset(text, "fr") == text


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Why: “no”"),
        ("de", "Why: „no“"),
        ("fr", "Why\xa0: «\xa0no\xa0»"),
        ("es", "Why: «no»"),
    ],
)
def test_colons_and_quotation_marks_are_those_of_the_language(language, said):
    with translation.override(language):
        assert f"{colon('Why')} {quoted('no')}" == said


def _words(language: str) -> list[str]:
    with catalog_file(language, "po").open("rb") as file:
        catalog = read_po(file, locale=language)
    told = (m.string if isinstance(m.string, tuple) else (m.string,) for m in catalog if m.id)
    return [words for strings in told for words in strings]


def test_french_words_have_a_space_that_does_not_break_before_their_signs():
    bare = re.compile(r"[^\u202f\xa0](?:[;!?»](?=\W|$)|:(?=\s|$))|«(?!\xa0)|[\"“”]")
    assert [words for words in _words("fr") if bare.search(words)] == []


def test_spanish_words_open_what_they_ask_and_quote():
    for words in _words("es"):
        assert words.count("¿") == words.count("?"), words
        assert words.count("¡") == words.count("!"), words
        assert not re.search(r"[\"“”„]", words), words


def test_german_words_are_quoted_below_and_above():
    for words in _words("de"):
        assert words.count("„") == words.count("“"), words
        assert not re.search(r"[\"”«»]", words), words


@pytest.mark.parametrize("language", languages())
def test_the_percent_sign_stays_at_its_number(language):
    assert [words for words in _words(language) if re.search(r"\d ?%%|[) ]%%", words)] == []


def test_english_mails_begin_with_a_capital_after_the_greeting():
    mails = (Path(settings.BASE_DIR) / "templates/mail").glob("[a-z]*.txt")
    after = {
        path.name: path.read_text().partition("Hello")[2].partition("\n\n")[2] for path in mails
    }
    assert len(after) > 30
    small = {name for name, text in after.items() if _first_letter(text).islower()}
    assert small == set()


def _first_letter(text: str) -> str:
    found = FIRST_LETTERS.match(text)
    return found[1] if found else ""


@pytest.mark.parametrize(
    ("language", "begun"), [("de", "trotz"), ("fr", "Malgré"), ("es", "A pesar")]
)
def test_german_goes_on_after_the_greeting_french_and_spanish_begin_anew(language, begun):
    with catalog_file(language, "po").open("rb") as file:
        words = {str(m.id): str(m.string) for m in read_po(file)}
    (reminder,) = (told for asked, told in words.items() if asked.startswith("Despite our"))
    assert reminder.startswith(begun)
