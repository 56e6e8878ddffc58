"""What a person may undo or do again in a draft."""

from q2c.identity.models import User
from quotes.models import DraftEdit, Quote


def to_undo(quote: Quote, by: User) -> DraftEdit | None:
    """Return this person's last edit of the draft that still stands."""
    return quote.edits.filter(by=by, reverts=None, is_undone=False).order_by("-id").first()


def to_redo(quote: Quote, by: User) -> DraftEdit | None:
    """Return this person's edit that they undid last, unless they edited anew after it."""
    own = quote.edits.filter(by=by, reverts=None)
    standing = own.filter(is_undone=False).order_by("-id").values_list("id", flat=True).first()
    return own.filter(is_undone=True, id__gt=standing or 0).order_by("id").first()
