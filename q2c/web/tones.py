"""One tone for each state of every document: the same word always looks the same."""

TONES = {
    "draft": "grey",
    "void": "grey",
    "cancelled": "grey",
    "superseded": "grey",
    "expired": "grey",
    "closed": "grey",
    "done": "grey",
    "sent": "blue",
    "open": "blue",
    "posted": "blue",
    "approved": "blue",
    "running": "green",
    "scheduled": "blue",
    "in_review": "amber",
    "in_approval": "amber",
    "pending": "amber",
    "requires_action": "amber",
    "waiting": "amber",
    "due_soon": "amber",
    "partly_paid": "amber",
    "deviates": "amber",
    "ending": "amber",
    "overdue": "red",
    "failed": "red",
    "declined": "red",
    "refused": "red",
    "parked": "red",
    "terminated": "red",
    "accepted": "green",
    "signed": "green",
    "active": "green",
    "paid": "green",
    "succeeded": "green",
    "complete": "green",
    "ok": "green",
    "disputed": "purple",
    "mandatory": "purple",
    "credit_note": "purple",
    "invoice": "blue",
}


def tone_of(state: str) -> str:
    """Return the tone of a state: grey, blue, amber, red, green or purple."""
    return TONES.get(state, "grey")
