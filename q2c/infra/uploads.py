"""What people may attach: judged by its content, never by its name."""

import io
import zipfile

from django.utils.translation import gettext as _

from q2c.infra.pictures import picture_type
from q2c.kernel.errors import Refused

MOST_BYTES = 10 * 1024 * 1024
_OFFICE = {
    "word/document.xml": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/workbook.xml": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt/presentation.xml": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}


def upload_type(name: str, content: bytes) -> str:
    """Return the media type of a PDF, a picture, an office document or plain text, up to 10 MB.

    Refuses anything else, whatever it calls itself: programs, pages and office macros stay out.
    """
    if not content:
        raise Refused(_("“%(name)s” is empty.") % {"name": name}, field="files")
    if len(content) > MOST_BYTES:
        raise Refused(_("“%(name)s” is larger than 10 MB.") % {"name": name}, field="files")
    if content.startswith(b"%PDF-"):
        return "application/pdf"
    if content.startswith(b"PK\x03\x04") and (found := _office_type(content)):
        return found
    if _is_text(content):
        return "text/plain; charset=utf-8"
    try:
        return picture_type(content)
    except Refused:
        raise Refused(
            _(
                "“%(name)s” is none of what can be attached: PDF, PNG, JPEG, WebP, Word, Excel, "
                "PowerPoint or plain text."
            )
            % {"name": name},
            field="files",
        ) from None


def _office_type(content: bytes) -> str | None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = set(archive.namelist())
    except zipfile.BadZipFile:
        return None
    if any(name.endswith("vbaProject.bin") for name in names):
        return None
    return next((media for part, media in _OFFICE.items() if part in names), None)


def _is_text(content: bytes) -> bool:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return all(char.isprintable() or char in "\r\n\t\f" for char in text)
