"""What can be done with quotes: one function a verb."""

from quotes.actions.amending import (
    Addition,
    Amended,
    add_to_amendment,
    change_item,
    create_amendment_quote,
    end_all_items,
    end_item,
    keep_item,
)
from quotes.actions.answering import Signature, accept_quote, check_signature, decline_quote
from quotes.actions.arranging import add_text, move_line, reorder_lines
from quotes.actions.books import BookDraft, add_price_book, change_price_book
from quotes.actions.bundling import NewLine
from quotes.actions.changing import change_line, change_lines, recommend_choice
from quotes.actions.choosing import (
    Choice,
    choose,
    keep_selection,
    more_with_options,
    total_with_all_options,
)
from quotes.actions.closing import (
    ReasonDraft,
    remind_of_expiry,
    save_close_reason,
    say_outcome,
)
from quotes.actions.commenting import NewComment, ask_for_customer, comment_on_quote
from quotes.actions.configuring import (
    chosen_of,
    held_lines,
    preview,
    reconfigure_bundle,
)
from quotes.actions.copying import (
    change_template,
    clone_quote,
    save_template,
    start_from_template,
)
from quotes.actions.coterming import CotermChoice, coterm_choices
from quotes.actions.countering import (
    AskedEdit,
    ItemAnswer,
    answer_counter_offer,
    make_counter_offer,
    withdraw_counter_offer,
)
from quotes.actions.delegating import delegate_approvals, end_delegation
from quotes.actions.drafting import NewQuote, change_quote, create_quote, price_as_of_today
from quotes.actions.forwarding import (
    forward_for_customer,
    forward_quote,
    may_go_on,
    revoke_reader,
    send_again,
)
from quotes.actions.freezing import freeze_anew, freeze_discount, moved_bases
from quotes.actions.granting import GrantDraft, give_standing_grant, revoke_standing_grant
from quotes.actions.guiding import GuidedDraft, answer_questionnaire, questionnaire_for
from quotes.actions.increases import Raised, preview_increase, raise_prices
from quotes.actions.journal import UNDER, WHOLE, touched_since
from quotes.actions.lines import (
    NewAdjustment,
    add_adjustment,
    add_line,
    remove_line,
    remove_lines,
)
from quotes.actions.merging import Merge, MergePreview, merge_quotes, preview_merge
from quotes.actions.nagging import escalate_approvals, remind_approvers
from quotes.actions.ordering import head_of
from quotes.actions.pasting import paste_lines
from quotes.actions.policies import PolicyDraft, add_policy, change_policy
from quotes.actions.price_books import (
    PriceDraft,
    change_price,
    set_price,
)
from quotes.actions.price_rules import (
    RuleDraft,
    activate_price_rule,
    add_price_rule,
    change_price_rule,
    retire_price_rule,
)
from quotes.actions.proposing import Guided, Offer, guide, try_questionnaire
from quotes.actions.questionnaires import (
    QuestionnaireDraft,
    activate_questionnaire,
    add_questionnaire,
    change_questionnaire,
    draft_next_edition,
    draft_of_questionnaire,
    retire_questionnaire,
)
from quotes.actions.ramping import ramp_line
from quotes.actions.reading import PARTS, note_reading, view_quote
from quotes.actions.refreshing import (
    PriceChange,
    price_changes,
    refresh_prices,
    with_new_prices,
)
from quotes.actions.renewing import Renewal, create_renewal_quote, drop_open_renewals
from quotes.actions.reviewing import (
    approve_all,
    approve_quote,
    comment_on_approval,
    refuse_quote,
)
from quotes.actions.routing import ask_about_choice
from quotes.actions.sealing import check_sealed
from quotes.actions.sending import cancel_quote, expire_quotes, revise_quote, send_quote
from quotes.actions.submitting import recall_quote, submit_quote
from quotes.actions.trials import go_on_with_trial, try_price_rule
from quotes.actions.undoing import redo_edit, undo_edit
from quotes.rules.renewing import check_uplift

__all__ = [
    "PARTS",
    "UNDER",
    "WHOLE",
    "Addition",
    "Amended",
    "AskedEdit",
    "BookDraft",
    "Choice",
    "CotermChoice",
    "GrantDraft",
    "Guided",
    "GuidedDraft",
    "ItemAnswer",
    "Merge",
    "MergePreview",
    "NewAdjustment",
    "NewComment",
    "NewLine",
    "NewQuote",
    "Offer",
    "PolicyDraft",
    "PriceChange",
    "PriceDraft",
    "QuestionnaireDraft",
    "Raised",
    "ReasonDraft",
    "Renewal",
    "RuleDraft",
    "Signature",
    "accept_quote",
    "activate_price_rule",
    "activate_questionnaire",
    "add_adjustment",
    "add_line",
    "add_policy",
    "add_price_book",
    "add_price_rule",
    "add_questionnaire",
    "add_text",
    "add_to_amendment",
    "answer_counter_offer",
    "answer_questionnaire",
    "approve_all",
    "approve_quote",
    "ask_about_choice",
    "ask_for_customer",
    "cancel_quote",
    "change_item",
    "change_line",
    "change_lines",
    "change_policy",
    "change_price",
    "change_price_book",
    "change_price_rule",
    "change_questionnaire",
    "change_quote",
    "change_template",
    "check_sealed",
    "check_signature",
    "check_uplift",
    "choose",
    "chosen_of",
    "clone_quote",
    "comment_on_approval",
    "comment_on_quote",
    "coterm_choices",
    "create_amendment_quote",
    "create_quote",
    "create_renewal_quote",
    "decline_quote",
    "delegate_approvals",
    "draft_next_edition",
    "draft_of_questionnaire",
    "drop_open_renewals",
    "end_all_items",
    "end_delegation",
    "end_item",
    "escalate_approvals",
    "expire_quotes",
    "forward_for_customer",
    "forward_quote",
    "freeze_anew",
    "freeze_discount",
    "give_standing_grant",
    "go_on_with_trial",
    "guide",
    "head_of",
    "held_lines",
    "keep_item",
    "keep_selection",
    "make_counter_offer",
    "may_go_on",
    "merge_quotes",
    "more_with_options",
    "move_line",
    "moved_bases",
    "note_reading",
    "paste_lines",
    "preview",
    "preview_increase",
    "preview_merge",
    "price_as_of_today",
    "price_changes",
    "questionnaire_for",
    "raise_prices",
    "ramp_line",
    "recall_quote",
    "recommend_choice",
    "reconfigure_bundle",
    "redo_edit",
    "refresh_prices",
    "refuse_quote",
    "remind_approvers",
    "remind_of_expiry",
    "remove_line",
    "remove_lines",
    "reorder_lines",
    "retire_price_rule",
    "retire_questionnaire",
    "revise_quote",
    "revoke_reader",
    "revoke_standing_grant",
    "save_close_reason",
    "save_template",
    "say_outcome",
    "send_again",
    "send_quote",
    "set_price",
    "start_from_template",
    "submit_quote",
    "total_with_all_options",
    "touched_since",
    "try_price_rule",
    "try_questionnaire",
    "undo_edit",
    "view_quote",
    "with_new_prices",
    "withdraw_counter_offer",
]
