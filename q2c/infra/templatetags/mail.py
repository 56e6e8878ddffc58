import re
from typing import Any

from django import template
from django.utils.translation import pgettext

register = template.Library()
_URL = re.compile(r"https?://\S+")


@register.filter
def mail_blocks(text: str) -> list[dict[str, Any]]:
    """Split a plain text into paragraphs and the links that stand on a line of their own.

    The line before a link, when it ends with a colon, becomes its button's label.
    """
    blocks: list[dict[str, Any]] = []
    paragraph: list[str] = []

    def flush() -> None:
        if paragraph:
            blocks.append({"text": "\n".join(paragraph)})
            paragraph.clear()

    for line in text.splitlines():
        if _URL.fullmatch(line.strip()):
            is_named = bool(paragraph) and paragraph[-1].endswith(":")
            label = paragraph.pop()[:-1].rstrip() if is_named else pgettext("link", "Open")
            flush()
            blocks.append({"url": line.strip(), "label": label})
        elif line.strip():
            paragraph.append(line)
        else:
            flush()
    flush()
    return blocks
