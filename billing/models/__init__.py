from billing.models.agreed import AgreedCharge
from billing.models.charge import Charge
from billing.models.dispute import Dispute
from billing.models.dunning import DunningLetter, DunningLevel, PaymentRetry
from billing.models.invoice import Invoice, InvoiceLine, InvoiceTax
from billing.models.payment import Allocation, Payment, PaymentMethod, Refund
from billing.models.run import BillingRun, BillingShard, RunOutcome
from billing.models.stripe_customer import StripeCustomer
from billing.models.stripe_event import StripeEvent

__all__ = [
    "AgreedCharge",
    "Allocation",
    "BillingRun",
    "BillingShard",
    "Charge",
    "Dispute",
    "DunningLetter",
    "DunningLevel",
    "Invoice",
    "InvoiceLine",
    "InvoiceTax",
    "Payment",
    "PaymentMethod",
    "PaymentRetry",
    "Refund",
    "RunOutcome",
    "StripeCustomer",
    "StripeEvent",
]
