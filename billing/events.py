from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from q2c.kernel.facts import Fact


@dataclass(frozen=True, kw_only=True)
class InvoiceDrafted(Fact):
    """An invoice was written by hand; it has no number yet."""

    document: ClassVar[str] = "invoice"
    invoice_id: int


@dataclass(frozen=True, kw_only=True)
class InvoiceDraftEdited(Fact):
    """A draft says something else now."""

    document: ClassVar[str] = "invoice"
    invoice_id: int


@dataclass(frozen=True, kw_only=True)
class InvoiceDraftDiscarded(Fact):
    """A draft was thrown away."""

    document: ClassVar[str] = "invoice"
    invoice_id: int


@dataclass(frozen=True, kw_only=True)
class InvoicesPosted(Fact):
    """Invoices or credit notes got their numbers; they are final from here."""

    document: ClassVar[str] = "invoice"
    invoice_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class PaymentStarted(Fact):
    """An attempt to be paid was committed; Stripe is asked next."""

    document: ClassVar[str] = "payment"
    payment_id: int


@dataclass(frozen=True, kw_only=True)
class PaymentReceived(Fact):
    """Money arrived: a card payment succeeded or finance recorded a transfer."""

    document: ClassVar[str] = "payment"
    payment_id: int


@dataclass(frozen=True, kw_only=True)
class PaymentApplied(Fact):
    """Part of a payment, or of a credit note, settled an invoice."""

    document: ClassVar[str] = "invoice"
    invoice_id: int
    allocation_id: int


@dataclass(frozen=True, kw_only=True)
class PaymentFailed(Fact):
    """An attempt was declined, or needs the customer."""

    document: ClassVar[str] = "payment"
    payment_id: int


@dataclass(frozen=True, kw_only=True)
class PaymentRefunded(Fact):
    """Money was given back."""

    document: ClassVar[str] = "payment"
    payment_id: int
    refund_id: int


@dataclass(frozen=True, kw_only=True)
class PaymentDisputed(Fact):
    """The payer told their bank that a card payment was wrong."""

    document: ClassVar[str] = "payment"
    payment_id: int
    dispute_id: int


@dataclass(frozen=True, kw_only=True)
class DisputeWon(Fact):
    """The bank decided that the money is ours."""

    document: ClassVar[str] = "payment"
    payment_id: int
    dispute_id: int


@dataclass(frozen=True, kw_only=True)
class DisputeLost(Fact):
    """The bank decided that the money goes back."""

    document: ClassVar[str] = "payment"
    payment_id: int
    dispute_id: int


@dataclass(frozen=True, kw_only=True)
class PaymentTakenBack(Fact):
    """What a payment had settled is open again, since its dispute was lost."""

    document: ClassVar[str] = "invoice"
    invoice_id: int
    allocation_id: int


@dataclass(frozen=True, kw_only=True)
class DunningLetterSent(Fact):
    """A dunning level's letter went out."""

    document: ClassVar[str] = "invoice"
    invoice_id: int
    level: int


@dataclass(frozen=True, kw_only=True)
class BillingRunFinished(Fact):
    """All shards of a run are done."""

    document: ClassVar[str] = "billing_run"
    billing_run_id: int
    on: date
