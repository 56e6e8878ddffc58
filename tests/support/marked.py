"""German in which every translated text is marked, so that what stays English stands out."""

import html
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.utils import translation
from django.utils.translation import trans_real

_MARKED = re.compile(r"‹[^‹›]*›")
_WORD = re.compile(r"[^\W\d_]{2,}")
_UNSEEN = re.compile(r"<(style|script|head)\b.*?</\1>|<!--.*?-->", re.DOTALL)
_SEEN = re.compile(r'\b(?:alt|aria-label|data-label|placeholder|title|label)="([^"]*)"')


class _Marking(trans_real.DjangoTranslation):
    """The English source of a message between marks; what no catalog knows comes back bare."""

    def gettext(self, message: str) -> str:
        words = message.rpartition("\x04")[2]
        if not self._is_known(message):
            return words
        # Before a link a colon makes a button's label.
        return f"‹{words[:-1]}›:" if words.endswith(":") else f"‹{words}›"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        words = (msgid1 if n == 1 else msgid2).rpartition("\x04")[2]
        return f"‹{words}›" if self._is_known((msgid1, 0)) else words

    def _is_known(self, key: object) -> bool:
        return bool(self._catalog.get(key))


@contextmanager
def german_marked() -> Iterator[None]:
    """Let everything that will speak German mark what it says."""
    kept = trans_real.translation("de")
    trans_real._translations["de"] = _Marking("de")
    yield
    trans_real._translations["de"] = kept


@contextmanager
def marked_german() -> Iterator[None]:
    """Speak German, marked."""
    with german_marked(), translation.override("de"):
        yield


def seen_in(page: str) -> str:
    """Return what people see or hear of a page: its text, and labels in attributes."""
    body = _UNSEEN.sub(" ", page)
    labels = " ".join(_SEEN.findall(body))
    return html.unescape(f"{re.sub('<[^>]+>', ' ', body)} {labels}")


def words_of(texts: Iterable[str]) -> set[str]:
    """Return the words of texts."""
    return {word for text in texts for word in _WORD.findall(text)}


def untold(text: str, known: Iterable[str] = ()) -> set[str]:
    """Return the words of a text that no catalog said and that are none of the known ones."""
    while (bare := _MARKED.sub(" ", text)) != text:
        text = bare
    return words_of([text]) - set(known)
