"""Add, change, deactivate and reactivate our people."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from q2c.identity.access import require
from q2c.identity.events import UserAdded, UserDeactivated, UserEdited, UserReactivated
from q2c.identity.models import User
from q2c.identity.queries import user_with_address
from q2c.identity.roles import Permission, Role
from q2c.infra.bus import publish
from q2c.infra.locks import locked_many
from q2c.kernel.errors import Refused

_TAKEN = "Somebody has this e-mail address already."


@dataclass(frozen=True, kw_only=True)
class UserDraft:
    """A person as told: who they are and what they do."""

    full_name: str
    email: str
    role: str
    manager_id: int | None = None


@transaction.atomic
def add_user(draft: UserDraft, *, by: User | None, at: datetime) -> User:
    """Add a person, without a password: a link to set one is mailed to them.

    Refuses an address that somebody has, in whatever case, and an unknown role or manager.
    """
    require(by, Permission.MANAGE_USERS)
    values = _checked(draft, besides=None)
    user = User(**values)
    user.set_unusable_password()
    _save(user)
    fact = UserAdded(at=at, user_id=user.pk)
    publish(fact, by=by, changes={name: [None, text] for name, text in _shown(values).items()})
    return user


@transaction.atomic
def edit_user(user_id: int, draft: UserDraft, *, by: User | None, at: datetime) -> User:
    """Change a person's name, address, role or manager.

    Refuses what adding would refuse, one's own demotion and that of the last administrator.
    """
    require(by, Permission.MANAGE_USERS)
    user, is_last = _locked(user_id)
    values = _checked(draft, besides=user)
    before = {name: getattr(user, name) for name in values}
    different = {name: value for name, value in values.items() if value != before[name]}
    if not different:
        return user
    if _is_administrator(user) and different.get("role"):
        _refuse_for_oneself(user, by, "You cannot take your own role away.", field="role")
        if is_last:
            raise Refused(
                "This is the last administrator. Make somebody else one first.", field="role"
            )
    for name, value in different.items():
        setattr(user, name, value)
    _save(user, update_fields=list(different))
    old, new = _shown({name: before[name] for name in different}), _shown(different)
    changes = {name: [old[name], new[name]] for name in new}
    publish(UserEdited(at=at, user_id=user.pk), by=by, changes=changes)
    return user


@transaction.atomic
def deactivate_user(user_id: int, *, by: User | None, at: datetime) -> User:
    """Let a person in no more: their sessions, keys and password end now; their work stays.

    Refuses oneself and the last administrator. Deactivating twice changes nothing.
    """
    require(by, Permission.MANAGE_USERS)
    user, is_last = _locked(user_id)
    _refuse_for_oneself(user, by, "You cannot deactivate yourself.")
    if is_last:
        raise Refused("This is the last administrator. Make somebody else one first.")
    if user.is_active:
        user.is_active = False
        # Without the password no old session or link comes to life if they return.
        user.set_unusable_password()
        user.save(update_fields=["is_active", "password"])
        publish(UserDeactivated(at=at, user_id=user.pk), by=by)
    return user


@transaction.atomic
def reactivate_user(user_id: int, *, by: User | None, at: datetime) -> User:
    """Let a person in again: a link to set a new password is mailed to them."""
    require(by, Permission.MANAGE_USERS)
    user, _ = _locked(user_id)
    if not user.is_active:
        user.is_active = True
        user.save(update_fields=["is_active"])
        publish(UserReactivated(at=at, user_id=user.pk), by=by)
    return user


def _locked(user_id: int) -> tuple[User, bool]:
    """Return the person, locked with all administrators, and whether they are the last of these.

    Two administrators who turn on each other wait for each other here.
    """
    admins = User.objects.filter(role=Role.ADMINISTRATOR.value, is_active=True)
    rows = locked_many(User, {user_id, *admins.values_list("pk", flat=True)})
    found = {user.pk: user for user in rows}
    if user_id not in found:
        raise Refused(f"There is no user {user_id}.")
    others = [user for user in rows if user.pk != user_id and _is_administrator(user)]
    return found[user_id], _is_administrator(found[user_id]) and not others


def _is_administrator(user: User) -> bool:
    return user.is_active and user.role == Role.ADMINISTRATOR.value


def _refuse_for_oneself(user: User, by: User | None, words: str, *, field: str = "") -> None:
    if by is not None and by.pk == user.pk:
        raise Refused(f"{words} Ask another administrator.", field=field)


def _checked(draft: UserDraft, *, besides: User | None) -> dict[str, Any]:
    full_name, email = " ".join(draft.full_name.split())[:200], draft.email.strip()
    if not full_name:
        raise Refused("Give their name.", field="full_name")
    try:
        validate_email(email)
    except ValidationError:
        raise Refused("Give an e-mail address such as ana@acme.example.", field="email") from None
    other = user_with_address(email)
    if other is not None and other != besides:
        hint = "" if other.is_active else " They are deactivated; reactivate them instead."
        raise Refused(f"{other.full_name} has this e-mail address already.{hint}", field="email")
    if draft.role not in {role.value for role in Role}:
        raise Refused("Choose a role.", field="role")
    _check_manager(draft.manager_id, besides)
    return {
        "full_name": full_name,
        "email": email,
        "role": draft.role,
        "manager_id": draft.manager_id,
    }


def _check_manager(manager_id: int | None, user: User | None) -> None:
    """Refuse a manager who has left, and a chain of managers that leads back to the person."""
    if manager_id is None or (user is not None and manager_id == user.manager_id):
        return
    managers = dict(User.objects.values_list("pk", "manager_id"))
    if not User.objects.filter(pk=manager_id, is_active=True).exists():
        raise Refused("Choose a manager who works here.", field="manager")
    above: int | None = manager_id
    while user is not None and above is not None:
        if above == user.pk:
            raise Refused("Nobody is their own manager, or their manager's.", field="manager")
        above = managers[above]


def _save(user: User, update_fields: list[str] | None = None) -> None:
    try:
        with transaction.atomic():
            user.save(update_fields=update_fields)
    except IntegrityError as error:  # somebody else took the address just now
        raise Refused(_TAKEN, field="email") from error


def _shown(values: dict[str, Any]) -> dict[str, Any]:
    """Return the values as the history shows them."""
    shown = dict(values)
    if "role" in shown:
        shown["role"] = Role(shown["role"]).label
    if "manager_id" in shown:
        manager = User.objects.filter(pk=shown.pop("manager_id")).first()
        shown["manager"] = str(manager) if manager else None
    return shown
