"""What can be done with our people."""

from q2c.identity.actions.passwords import ask_password_link, send_password_link, set_password
from q2c.identity.actions.users import (
    UserDraft,
    add_user,
    deactivate_user,
    edit_user,
    reactivate_user,
)

__all__ = [
    "UserDraft",
    "add_user",
    "ask_password_link",
    "deactivate_user",
    "edit_user",
    "reactivate_user",
    "send_password_link",
    "set_password",
]
