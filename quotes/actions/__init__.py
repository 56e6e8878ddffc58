from quotes.actions.answering import (
    Signature,
    accept_quote,
    comment_on_quote,
    decline_quote,
    view_quote,
)
from quotes.actions.drafting import (
    NewQuote,
    add_adjustment,
    add_line,
    change_line,
    change_quote,
    create_quote,
    move_line,
    remove_line,
)
from quotes.actions.renewing import create_renewal_quote
from quotes.actions.reviewing import approve_quote, recall_quote, refuse_quote, submit_quote
from quotes.actions.sending import cancel_quote, expire_quotes, revise_quote, send_quote

__all__ = [
    "NewQuote",
    "Signature",
    "accept_quote",
    "add_adjustment",
    "add_line",
    "approve_quote",
    "cancel_quote",
    "change_line",
    "change_quote",
    "comment_on_quote",
    "create_quote",
    "create_renewal_quote",
    "decline_quote",
    "expire_quotes",
    "move_line",
    "recall_quote",
    "refuse_quote",
    "remove_line",
    "revise_quote",
    "send_quote",
    "submit_quote",
    "view_quote",
]
