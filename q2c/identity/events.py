from dataclasses import dataclass
from typing import ClassVar

from q2c.kernel.facts import Fact


@dataclass(frozen=True, kw_only=True)
class UserFact(Fact):
    """Something happened to one of our people."""

    document: ClassVar[str] = "user"
    user_id: int


class UserAdded(UserFact): ...


class UserEdited(UserFact): ...


class UserDeactivated(UserFact): ...


class UserReactivated(UserFact): ...


class PasswordLinkAsked(UserFact): ...


class PasswordSet(UserFact): ...
