from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from q2c.kernel.facts import Fact


@dataclass(frozen=True, kw_only=True)
class ContractFact(Fact):
    """Something happened to a contract."""

    document: ClassVar[str] = "contract"
    contract_id: int


@dataclass(frozen=True, kw_only=True)
class ContractEvidence(ContractFact):
    """Something that shows how a contract came to be signed: a link of its offer's chain."""

    evidence_of: ClassVar[str] = "quote"
    quote_id: int


class ContractDrawnUp(ContractEvidence): ...


class ContractApproved(ContractFact):
    """All desks have approved."""


@dataclass(frozen=True, kw_only=True)
class ContractDeskApproved(ContractFact):
    desk: str


@dataclass(frozen=True, kw_only=True)
class ContractRefused(ContractEvidence):
    """A desk, the customer or the countersigner refused; the contract ends here."""

    reason: str


class ContractTextSent(ContractEvidence):
    """The final text deviates, and is put before the customer to be signed as it is."""


@dataclass(frozen=True, kw_only=True)
class ContractTextOpened(ContractEvidence):
    """Whoever has this link reads the final text."""

    link_id: int


class ContractTextAccepted(ContractEvidence):
    """The customer signed the final text."""


class ContractSigned(ContractEvidence): ...


class ContractEdited(ContractFact):
    """How it is renewed was settled anew; what was signed stays."""


@dataclass(frozen=True, kw_only=True)
class ContractClauseSwapped(ContractFact):
    """A clause was swapped, left out or put back; `desks` are those asked anew by it."""

    position: int
    desks: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ContractTerminated(ContractFact):
    """The contract ends; `on` is the first day without it."""

    on: date
    reason: str


@dataclass(frozen=True, kw_only=True)
class RenewalReminded(ContractFact):
    days_before: int


@dataclass(frozen=True, kw_only=True)
class RenewalQuoted(ContractFact):
    quote_id: int


@dataclass(frozen=True, kw_only=True)
class ClauseFact(Fact):
    """Something happened to a clause of the library."""

    document: ClassVar[str] = "clause"
    clause_id: int


@dataclass(frozen=True, kw_only=True)
class ClauseWritten(ClauseFact):
    """A version of its words came to be, its first or a new one."""

    version: int


class ClauseEdited(ClauseFact):
    """Its name, its topic or who guards it was changed; its words stay."""


class ClauseArchived(ClauseFact): ...


class ClauseRestored(ClauseFact): ...


@dataclass(frozen=True, kw_only=True)
class ContractTemplateEdited(Fact):
    """A template was added or changed."""

    document: ClassVar[str] = "contract_template"
    contract_template_id: int


@dataclass(frozen=True, kw_only=True)
class ContractPolicyEdited(Fact):
    """When legal must approve was added or changed."""

    document: ClassVar[str] = "contract_policy"
    contract_policy_id: int


@dataclass(frozen=True, kw_only=True)
class ContractsBroughtIn(Fact):
    """Contracts signed elsewhere were brought in."""

    document: ClassVar[str] = "contract"
    contract_ids: tuple[int, ...]
