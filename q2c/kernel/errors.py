"""Refusals: what a person asked for that the rules do not allow, said in words they can use."""


class Refused(Exception):
    """The request breaks a rule. The message is shown to the person as it stands.

    `field` names the input at fault, so that the message stands beside it.
    """

    code = "refused"

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class IllegalTransition(Refused):
    """A verb that the document's state does not allow."""

    code = "illegal_transition"


class NotAllowed(Refused):
    """The person lacks the permission, or asks for their own approval."""

    code = "not_allowed"


class SignedOut(Refused):
    """The person's session is over; once they have signed in, they may ask again."""

    code = "signed_out"


class StaleVersion(Refused):
    """Somebody else saved the document since this person read it."""

    code = "stale_version"
