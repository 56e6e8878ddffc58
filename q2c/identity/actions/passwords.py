"""How people get a password of their own: by a link that is mailed to them and works once."""

from datetime import datetime

from django.db import transaction

from q2c.identity.access import require
from q2c.identity.events import PasswordLinkAsked, PasswordSet
from q2c.identity.models import User
from q2c.identity.queries import user_with_address
from q2c.identity.roles import Permission
from q2c.infra.bus import publish
from q2c.infra.locks import locked
from q2c.kernel.errors import Refused


@transaction.atomic
def send_password_link(user_id: int, *, by: User | None, at: datetime) -> User:
    """Mail a person a link to set a password, because an administrator says so."""
    require(by, Permission.MANAGE_USERS)
    user = locked(User, user_id)
    if not user.is_active:
        raise Refused(f"{user.full_name} is deactivated. Reactivate them to let them in.")
    publish(PasswordLinkAsked(at=at, user_id=user.pk), by=by)
    return user


@transaction.atomic
def ask_password_link(email: str, *, at: datetime) -> None:
    """Mail a link to whoever has the address; an address nobody has is met with silence."""
    user = user_with_address(email)
    if user is not None and user.is_active:
        fact = PasswordLinkAsked(at=at, user_id=user.pk)
        publish(fact, by=None, label="Sign-in page")


@transaction.atomic
def set_password(user_id: int, password: str, *, at: datetime) -> User:
    """Give the person the password they chose; every session of the old one ends."""
    user = locked(User, user_id)
    if not user.is_active:
        raise Refused("This account is deactivated. Ask an administrator.")
    user.set_password(password)
    user.save(update_fields=["password"])
    publish(PasswordSet(at=at, user_id=user.pk), by=user)
    return user
