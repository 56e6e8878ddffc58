"""Bounds within which a customer configures options without asking anybody again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from q2c.kernel.errors import Refused
from q2c.kernel.rating import plain
from quotes.rules.approval.facts import QuoteFacts

MANY = Decimal(10**9)  # more than any line may have: no upper bound


@dataclass(frozen=True, slots=True)
class Envelope:
    """What an approver allows beforehand; None leaves a bound open, as does a missing quantity.

    Percentages as policies measure them, the term in months; `quantities` holds the least and the
    most of an optional line, by the id of its product.
    """

    margin_at_least: Decimal | None = None
    discount_at_most: Decimal | None = None
    term_from: int | None = None
    term_to: int | None = None
    quantities: Mapping[int, tuple[Decimal, Decimal]] = field(default_factory=dict)

    def check(self) -> None:
        """Refuse bounds that nothing fits in."""
        for name, value in (
            ("margin_at_least", self.margin_at_least),
            ("discount_at_most", self.discount_at_most),
        ):
            if value is not None and not -100 <= value <= 100:
                raise Refused("Give a percentage of at most 100.", field=name)
        if self.term_from and self.term_to and self.term_from > self.term_to:
            raise Refused("The longest term is shorter than the shortest.", field="term_to")
        for least, most in self.quantities.values():
            if not 0 <= least <= most:
                raise Refused("The most of a line is less than its least.", field="quantities")

    def in_words(self, labels: Mapping[int, str]) -> list[str]:
        """Say each bound; `labels` names the products of the quantities."""
        found = []
        if self.margin_at_least is not None:
            found.append(f"a margin of at least {plain(self.margin_at_least)} %")
        if self.discount_at_most is not None:
            found.append(f"a discount of at most {plain(self.discount_at_most)} %")
        if self.term_from is not None:
            found.append(f"a term of at least {self.term_from} months")
        if self.term_to is not None:
            found.append(f"a term of at most {self.term_to} months")
        for product, (least, most) in sorted(self.quantities.items()):
            found.append(f"{_span(least, most)} of “{labels.get(product, product)}”")
        return found


@dataclass(frozen=True, slots=True)
class Configuration:
    """A quote as the customer set it up: its facts, and the quantity of each optional line.

    `quantities` maps the product of an optional line to its label and quantity, 0 when left out.
    """

    facts: QuoteFacts
    quantities: Mapping[int, tuple[str, Decimal]] = field(default_factory=dict)


def _span(least: Decimal, most: Decimal) -> str:
    if most >= MANY:
        return f"at least {plain(least)}"
    return f"{plain(least)} to {plain(most)}" if least else f"at most {plain(most)}"


def outside(envelope: Envelope, configuration: Configuration) -> list[str]:
    """Return in words where a configuration leaves the bounds; none when it lies within."""
    facts = configuration.facts
    found = _percentages(envelope, facts)
    if envelope.term_from and facts.term_months < envelope.term_from:
        found.append(f"A term of {facts.term_months} months is below {envelope.term_from}")
    if envelope.term_to and facts.term_months > envelope.term_to:
        found.append(f"A term of {facts.term_months} months exceeds {envelope.term_to}")
    for product, (label, quantity) in sorted(configuration.quantities.items()):
        least, most = envelope.quantities.get(product, (Decimal(0), quantity))
        # An option left out has no quantity to be too small.
        if quantity and not least <= quantity <= most:
            found.append(f"{plain(quantity)} of “{label}” lie outside {_span(least, most)}")
    return found


def _percentages(envelope: Envelope, facts: QuoteFacts) -> list[str]:
    found = []
    margin, least = facts.margin_percent, envelope.margin_at_least
    if least is not None and facts.contract_total:
        if margin is None:
            found.append("The margin is not known")
        elif margin < least:
            found.append(f"Margin of {plain(margin)} % is below {plain(least)} %")
    deepest, most = _discounts(facts), envelope.discount_at_most
    if most is not None and deepest > most:
        found.append(f"Discount of {plain(deepest)} % exceeds {plain(most)} %")
    return found


def _discounts(facts: QuoteFacts) -> Decimal:
    """Return the deepest discount, on a line or on the whole."""
    lines: Sequence[Decimal] = [line.discount_percent for line in facts.lines]
    return max([*lines, facts.discount_percent or Decimal(0)])
