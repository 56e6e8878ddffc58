"""What customers read is told in every language, and what runs is what the catalogs say."""

import re

import pytest
from babel.messages.pofile import read_po

from q2c.web.translations import catalog_file, gathered, languages, missing, mo_bytes

HOLE = re.compile(r"%(?:\((\w+)\))?s")


@pytest.mark.parametrize("language", languages())
def test_every_message_has_words(language):
    assert missing(language, gathered()) == [], "run manage.py translations and fill the catalog"


@pytest.mark.parametrize("language", languages())
def test_words_fill_the_same_holes(language):
    with catalog_file(language, "po").open("rb") as file:
        catalog = read_po(file, locale=language)
    for message in catalog:
        told = message.string if isinstance(message.string, tuple) else (message.string,)
        asked = message.id if isinstance(message.id, tuple) else (message.id,)
        for words in told if message.id else ():
            assert sorted(HOLE.findall(words)) == sorted(HOLE.findall(asked[-1])), words


@pytest.mark.parametrize("language", languages())
def test_what_runs_was_compiled_from_the_catalog(language):
    assert catalog_file(language, "mo").read_bytes() == mo_bytes(language), (
        "run manage.py translations"
    )
