"""What can be done with quotes: one function a verb."""

from quotes.actions.answering import (
    Signature,
    accept_quote,
    comment_on_quote,
    decline_quote,
    view_quote,
)
from quotes.actions.books import BookDraft, add_price_book, change_price_book
from quotes.actions.bundling import NewLine
from quotes.actions.configuring import chosen_of, preview, reconfigure_bundle
from quotes.actions.drafting import NewQuote, change_quote, create_quote
from quotes.actions.lines import (
    NewAdjustment,
    add_adjustment,
    add_line,
    change_line,
    move_line,
    remove_line,
)
from quotes.actions.policies import PolicyDraft, add_policy, change_policy
from quotes.actions.price_books import (
    PriceDraft,
    change_price,
    set_price,
)
from quotes.actions.renewing import create_renewal_quote
from quotes.actions.reviewing import approve_quote, recall_quote, refuse_quote, submit_quote
from quotes.actions.sending import cancel_quote, expire_quotes, revise_quote, send_quote

__all__ = [
    "BookDraft",
    "NewAdjustment",
    "NewLine",
    "NewQuote",
    "PolicyDraft",
    "PriceDraft",
    "Signature",
    "accept_quote",
    "add_adjustment",
    "add_line",
    "add_policy",
    "add_price_book",
    "approve_quote",
    "cancel_quote",
    "change_line",
    "change_policy",
    "change_price",
    "change_price_book",
    "change_quote",
    "chosen_of",
    "comment_on_quote",
    "create_quote",
    "create_renewal_quote",
    "decline_quote",
    "expire_quotes",
    "move_line",
    "preview",
    "recall_quote",
    "reconfigure_bundle",
    "refuse_quote",
    "remove_line",
    "revise_quote",
    "send_quote",
    "set_price",
    "submit_quote",
    "view_quote",
]
