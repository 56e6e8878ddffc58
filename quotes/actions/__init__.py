"""What can be done with quotes: one function a verb."""

from quotes.actions.answering import Signature, accept_quote, decline_quote
from quotes.actions.books import BookDraft, add_price_book, change_price_book
from quotes.actions.bundling import NewLine
from quotes.actions.choosing import Choice, choose, keep_selection, total_with_all_options
from quotes.actions.commenting import NewComment, comment_on_quote
from quotes.actions.countering import (
    AskedEdit,
    ItemAnswer,
    answer_counter_offer,
    make_counter_offer,
    withdraw_counter_offer,
)
from quotes.actions.drafting import NewQuote, change_quote, create_quote
from quotes.actions.forwarding import forward_quote, revoke_reader
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
from quotes.actions.reading import PARTS, note_reading, view_quote
from quotes.actions.renewing import create_renewal_quote
from quotes.actions.reviewing import approve_quote, recall_quote, refuse_quote, submit_quote
from quotes.actions.sending import cancel_quote, expire_quotes, revise_quote, send_quote

__all__ = [
    "PARTS",
    "AskedEdit",
    "BookDraft",
    "Choice",
    "ItemAnswer",
    "NewAdjustment",
    "NewComment",
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
    "answer_counter_offer",
    "approve_quote",
    "cancel_quote",
    "change_line",
    "change_policy",
    "change_price",
    "change_price_book",
    "change_quote",
    "choose",
    "comment_on_quote",
    "create_quote",
    "create_renewal_quote",
    "decline_quote",
    "expire_quotes",
    "forward_quote",
    "keep_selection",
    "make_counter_offer",
    "move_line",
    "note_reading",
    "recall_quote",
    "refuse_quote",
    "remove_line",
    "revise_quote",
    "revoke_reader",
    "send_quote",
    "set_price",
    "submit_quote",
    "total_with_all_options",
    "view_quote",
    "withdraw_counter_offer",
]
