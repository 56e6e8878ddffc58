"""Questions and answers about an offer, from either side, with files."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath

from django.db import transaction
from django.utils.translation import gettext as _

from q2c.customers.models import Contact, PortalLink
from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.blobs import keep
from q2c.infra.bus import publish
from q2c.infra.locks import locked
from q2c.infra.uploads import upload_type
from q2c.kernel.errors import Refused
from quotes.events import QuoteCommented
from quotes.models import TEXT_KINDS, Attachment, Comment, Quote, QuoteLine
from quotes.queries import visible_to

_MOST_FILES = 5
_MOST_FILES_OF_A_QUOTE = 60


@dataclass(frozen=True, kw_only=True)
class NewComment:
    """What is written: about a line or the whole; `files` are names with their bytes."""

    body: str
    line_id: int | None = None
    wants_change: bool = False
    files: Sequence[tuple[str, bytes]] = ()


@transaction.atomic
def comment_on_quote(
    quote_id: int,
    new: NewComment | str,
    *,
    by: User | None,
    at: datetime,
    contact: Contact | None = None,
    link: PortalLink | None = None,
) -> Comment:
    """Ask or answer; a customer's question reaches the owner, an answer the customer.

    It is the customer's without `by`, and where somebody of ours writes in the name of a `contact`.
    """
    new = NewComment(body=new) if isinstance(new, str) else new
    is_theirs = by is None or contact is not None
    text = new.body.strip()
    if not text and not new.files:
        raise Refused(_("Write something first."), field="body")
    if len(text) > 5000:
        raise Refused(_("A comment has at most 5,000 characters."), field="body")
    quote = locked(Quote, quote_id)
    if by is not None:
        require(by, Permission.VIEW_QUOTES)
        if not visible_to(by).filter(pk=quote.pk).exists():
            raise Refused("This quote belongs to a colleague.")
    comment = Comment.objects.create(
        quote=quote,
        line=_line(quote, new.line_id),
        author=by,
        author_label=_label(contact, link) if is_theirs else str(by),
        is_from_customer=is_theirs,
        wants_change=new.wants_change and is_theirs,
        link=link,
        body=text,
        at=at,
    )
    _attach(quote, comment, new.files, at=at)
    publish(
        QuoteCommented(at=at, quote_id=quote.pk, comment_id=comment.pk),
        by=by,
        label=comment.author_label,
        customer_id=quote.customer_id,
        reason=text[:500] or ", ".join(name for name, _content in new.files)[:500],
        details={
            **(link.as_evidence() if link else {}),
            "text_sha256": hashlib.sha256(text.encode()).hexdigest(),
            "files_sha256": [hashlib.sha256(content).hexdigest() for _name, content in new.files],
        },
    )
    return comment


def ask_for_customer(quote_id: int, new: NewComment, *, by: User, at: datetime) -> Comment:
    """Ask in the name of the quote's contact what they asked elsewhere; refuses without one."""
    quote = visible_to(by).select_related("contact").filter(pk=quote_id).first()
    if quote is None or quote.contact is None:
        raise Refused("Give the quote a contact first: the question is asked in their name.")
    return comment_on_quote(quote.pk, new, by=by, at=at, contact=quote.contact)


def _line(quote: Quote, line_id: int | None) -> QuoteLine | None:
    if line_id is None:
        return None
    line = quote.lines.exclude(kind__in=TEXT_KINDS).filter(pk=line_id).first()
    if line is None:
        raise Refused(_("Choose a line of this offer."), field="line")
    return line


def _attach(
    quote: Quote, comment: Comment, files: Sequence[tuple[str, bytes]], *, at: datetime
) -> None:
    if len(files) > _MOST_FILES:
        raise Refused(_("Attach at most five files at once."), field="files")
    kept = Attachment.objects.filter(comment__quote=quote).count()
    if kept + len(files) > _MOST_FILES_OF_A_QUOTE:
        raise Refused(_("This offer holds as many files as it can."), field="files")
    taken: set[str] = set()
    for given, content in files:
        name = _free_name(given, taken)
        blob = keep(content, media_type=upload_type(name, content), at=at)
        Attachment.objects.create(comment=comment, blob=blob, name=name)


def _free_name(given: str, taken: set[str]) -> str:
    """Return a name for a file that says no path, is short and not taken."""
    path = PurePosixPath(given.replace("\\", "/").rsplit("/", 1)[-1].strip() or "file")
    shown = "".join(char for char in path.stem if char.isprintable())[:120] or "file"
    suffix = path.suffix[:12]
    name, number = f"{shown}{suffix}", 2
    while name in taken:
        name, number = f"{shown} {number}{suffix}", number + 1
    taken.add(name)
    return name


def _label(contact: Contact | None, link: PortalLink | None) -> str:
    return (link.reader if link else "") or (contact.name if contact else "") or "Customer"
