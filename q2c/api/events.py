from dataclasses import dataclass
from typing import ClassVar

from q2c.kernel.facts import Fact


@dataclass(frozen=True, kw_only=True)
class ApiKeyFact(Fact):
    """Something happened to a key for programs."""

    document: ClassVar[str] = "api_key"
    api_key_id: int


class ApiKeyCreated(ApiKeyFact): ...


class ApiKeyRevoked(ApiKeyFact): ...
