"""The conditions a policy is made of, and which of them make sense."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from q2c.kernel.errors import Refused


class Measure(StrEnum):
    """What of a quote is looked at."""

    LINE_DISCOUNT = "line_discount"
    QUOTE_DISCOUNT = "quote_discount"
    MARGIN = "margin"
    TERM = "term"
    PAYMENT_TERMS = "payment_terms"
    CONTRACT_TOTAL = "contract_total"
    MONTHLY_TOTAL = "monthly_total"
    FREE_MONTHS = "free_months"
    UNDER_FLOOR = "under_floor"
    UNDER_MARGIN = "under_margin"
    PRODUCT = "product"
    CATEGORY = "category"
    OWN_TEXT = "own_text"
    RAMP = "ramp"
    SEGMENT = "segment"


class Operator(StrEnum):
    """How it is compared."""

    ABOVE = "above"
    AT_LEAST = "at_least"
    BELOW = "below"
    IS = "is"
    CONTAINS = "contains"


M, Op = Measure, Operator
MEASURES = {
    M.LINE_DISCOUNT: "Deepest discount on a line, %",
    M.QUOTE_DISCOUNT: "Discount on the whole quote, %",
    M.MARGIN: "Margin, %",
    M.TERM: "Term, months",
    M.PAYMENT_TERMS: "Payment terms, days",
    M.CONTRACT_TOTAL: "Contract total",
    M.MONTHLY_TOTAL: "Monthly total",
    M.FREE_MONTHS: "Free months",
    M.UNDER_FLOOR: "Below a floor price, %",
    M.UNDER_MARGIN: "Below a product's minimum margin, points",
    M.PRODUCT: "Product on the quote",
    M.CATEGORY: "Product category on the quote",
    M.OWN_TEXT: "Text of its own (notes, cover letter)",
    M.RAMP: "Ramp over the term",
    M.SEGMENT: "Customer segment",
}
OPERATORS = {
    Op.ABOVE: "above",
    Op.AT_LEAST: "at least",
    Op.BELOW: "below",
    Op.IS: "is",
    Op.CONTAINS: "contains",
}
PERCENTAGES = (M.LINE_DISCOUNT, M.QUOTE_DISCOUNT, M.MARGIN, M.UNDER_FLOOR, M.UNDER_MARGIN)
AMOUNTS = (M.CONTRACT_TOTAL, M.MONTHLY_TOTAL)
COUNTS = (M.TERM, M.PAYMENT_TERMS, M.FREE_MONTHS)
NUMBERS = (*PERCENTAGES, *AMOUNTS, *COUNTS)
_ALLOWED: dict[Measure, tuple[Operator, ...]] = {
    **dict.fromkeys(NUMBERS, (Op.ABOVE, Op.AT_LEAST, Op.BELOW)),
    M.PRODUCT: (Op.CONTAINS,),
    M.CATEGORY: (Op.CONTAINS,),
    M.OWN_TEXT: (Op.IS, Op.CONTAINS),
    M.RAMP: (Op.IS,),
    M.SEGMENT: (Op.IS,),
}


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison. A number has its `limit` (an amount also its currency), a word its `text`.

    `product_id` names the product that PRODUCT looks for. OWN_TEXT and RAMP with IS ask only
    whether there is any.
    """

    measure: Measure
    operator: Operator
    limit: Decimal | None = None
    text: str = ""
    currency: str = ""
    product_id: int | None = None

    def check(self) -> None:
        """Refuse what no quote could ever be measured by, in words."""
        if self.operator not in _ALLOWED[self.measure]:
            words = " or ".join(f"“{OPERATORS[each]}”" for each in _ALLOWED[self.measure])
            raise Refused(f"“{MEASURES[self.measure]}” is compared with {words}.", field="operator")
        if self.measure in NUMBERS:
            self._check_number()
        elif self.measure == M.PRODUCT and self.product_id is None:
            raise Refused("Choose the product by its SKU.", field="value")
        elif self.measure in (M.CATEGORY, M.SEGMENT) and not self.text:
            raise Refused("Say which one.", field="value")
        elif self.operator == Op.CONTAINS and self.measure == M.OWN_TEXT and not self.text:
            raise Refused("Say which words the text would hold.", field="value")

    def _check_number(self) -> None:
        limit = self.limit
        if limit is None:
            raise Refused("Give the limit as a number.", field="value")
        if self.measure in PERCENTAGES:
            low = -100 if self.measure == M.MARGIN else 0
            if not low <= limit <= 100:
                raise Refused(f"A limit lies between {low} and 100 per cent.", field="value")
        elif self.measure in AMOUNTS:
            if not self.currency:
                raise Refused("Say in which currency the amount is.", field="currency")
            if limit < 0:
                raise Refused("An amount is not negative here.", field="value")
        else:
            most = 365 if self.measure == M.PAYMENT_TERMS else 120
            if not 0 <= limit <= most or limit != int(limit):
                raise Refused(f"Give a whole number from 0 to {most}.", field="value")
