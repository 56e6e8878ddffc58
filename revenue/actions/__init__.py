from revenue.actions.checking import ask_daily, ask_for_check, run_check
from revenue.actions.closing import close_period, reopen_period
from revenue.actions.posting import post_application, post_documents, post_payment, post_refund
from revenue.actions.recognising import Recognised, recognise, recognise_last_month

__all__ = [
    "Recognised",
    "ask_daily",
    "ask_for_check",
    "close_period",
    "post_application",
    "post_documents",
    "post_payment",
    "post_refund",
    "recognise",
    "recognise_last_month",
    "reopen_period",
    "run_check",
]
