"""What a questionnaire proposes for a quote: lines at its prices, priced at once, nothing saved."""

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from typing import Any

from q2c.catalog.bundles import bundle_trees, owned_products
from q2c.catalog.models import Product, ProductKind
from q2c.catalog.rules.configuring import Bundle, Taken, configure, options_by_path, walk
from q2c.kernel.errors import Refused
from q2c.kernel.rating import plain
from quotes.actions.bundling import (
    Stock,
    check_sold,
    head_line,
    line_at,
    name_of,
    option_lines,
    stock_of,
)
from quotes.actions.cells import check_quantity
from quotes.actions.changing import FLAGS, settle
from quotes.actions.configuring import chosen_of
from quotes.actions.opening import opening
from quotes.actions.ordering import families, head_of
from quotes.actions.repricing import price_lines
from quotes.models import Questionnaire, Quote, QuoteLine
from quotes.queries import content_of, current_rules, pricing_day, products_of, read_lines
from quotes.rules.guiding.merging import Change, Standing, Step, plan, usual
from quotes.rules.guiding.proposals import Path, Proposed, Role, propose
from quotes.rules.guiding.questionnaires import Questionnaire as Content
from quotes.rules.guiding.questions import Answers, answer, conditions_in_words
from quotes.rules.rule_sets import rule_set_to_json


@dataclass(slots=True)
class Offer:
    """A proposal with the lines it would have, its head first, or why it cannot be had.

    `lines` are priced but not saved; of what goes they are those that stand on the quote.
    """

    step: Step
    product: Product | None
    why: str = ""
    problem: str = ""
    usual: Decimal = Decimal(0)
    lines: list[QuoteLine] = field(default_factory=list)
    standing: list[QuoteLine] = field(default_factory=list)
    holds: tuple[str, ...] = ()  # of a bundle, what is in it

    @property
    def head(self) -> QuoteLine | None:
        return self.lines[0] if self.lines else None

    @property
    def key(self) -> str:
        return self.step.key

    @property
    def over_term(self) -> Decimal:
        """Return what it comes to over the term, free beginnings and set-up fees counted."""
        return sum((line.contract_total for line in self.lines), Decimal(0))


@dataclass(frozen=True, slots=True)
class Guided:
    """What answers mean for a quote: `before` and `after` are copies with their totals.

    Tried without a quote there are neither, and no prices.
    """

    questionnaire: Questionnaire
    answers: Answers
    offers: list[Offer]
    before: Quote | None = None
    after: Quote | None = None

    @property
    def changes(self) -> list[Offer]:
        """Return what would change on the quote."""
        still = (Change.KEEP, Change.LEAVE_OUT)
        return [one for one in self.offers if one.step.change not in still and not one.problem]


def guide(
    quote: Quote,
    row: Questionnaire,
    given: Mapping[str, Any],
    taken: Mapping[str, Decimal] | None = None,
) -> Guided:
    """Say what answers would add to a quote, change on it and take off, at its prices.

    `taken` are quantities that a person wants of proposals, zero for not this one. Nothing is
    saved; the number of queries does not grow with the proposals.
    """
    content = content_of(row).in_language(quote.language)
    _check_known(content, given, taken or {})
    answers = answer(content.questions, given)
    after = propose(content.proposals, answers)
    before = earlier(quote, row, content)
    lines = read_lines(quote)
    standing = standing_of(row, lines)
    steps = plan(before, after, standing, taken or {})
    old = {one.key: one for one in before}
    maker = _Maker(quote, row, after, lines)
    offers = [maker.offer(step, content, usual_of(step, old, standing)) for step in steps]
    guided = Guided(row, answers, offers, before=copy(quote), after=copy(quote))
    _price(guided, before, lines)
    return guided


def try_questionnaire(
    row: Questionnaire, given: Mapping[str, Any], taken: Mapping[str, Decimal] | None = None
) -> Guided:
    """Say what answers propose, without a quote and its prices."""
    content = content_of(row)
    _check_known(content, given, taken or {})
    answers = answer(content.questions, given)
    after = propose(content.proposals, answers)
    products = products_of(content)
    trees = bundle_trees(one.proposal.product_id for one in after)
    offers = [
        _tried(step, step.proposed, content, products, trees)
        for step in plan((), after, {}, taken or {})
        if step.proposed
    ]
    return Guided(row, answers, offers)


def _check_known(content: Content, given: Mapping[str, Any], taken: Mapping[str, Decimal]) -> None:
    """Refuse an answer to no question, and a quantity of no proposal."""
    for key in given.keys() - {question.key for question in content.questions}:
        raise Refused(f"There is no question “{key}” here.", field=key)
    for key in taken.keys() - {one.key for one in content.proposals}:
        raise Refused(f"There is no proposal “{key}” here.", field=f"quantity-{key}")


def _tried(
    step: Step,
    one: Proposed,
    content: Content,
    products: Mapping[int, Product],
    trees: Mapping[int, Bundle],
) -> Offer:
    """Return a step with what its bundle would hold, or what is wrong with that."""
    product = products.get(one.proposal.product_id)
    offer = Offer(step, product, _why(one, content), usual=one.quantity)
    if product is not None and product.kind == ProductKind.BUNDLE:
        found = configure(trees[product.pk], one.options, quantity=step.quantity or one.quantity)
        offer.holds = _held(found.taken)
        offer.problem = " ".join(wrong.words for wrong in found.violations)
    return offer


def _held(taken: Iterable[Taken]) -> tuple[str, ...]:
    return tuple(f"{plain(one.quantity)} × {one.option.name}" for one in walk(taken))


def earlier(quote: Quote, row: Questionnaire, content: Content) -> tuple[Proposed, ...]:
    """Return what the answers that are kept with a quote proposed."""
    kept = quote.guided.filter(questionnaire=row).first()
    if kept is None:
        return ()
    return propose(content.proposals, answer(content.questions, kept.answers))


def standing_of(row: Questionnaire, lines: Iterable[QuoteLine]) -> dict[str, Standing]:
    """Return the lines that a questionnaire brought onto a quote, by the key of their proposal.

    What stands under such a line carries the mark too, for when it takes that line's place.
    """
    mark = f"{row.pk}:"
    return {
        line.proposed_by.removeprefix(mark): Standing(line.pk, line.quantity)
        for line in lines
        if line.proposed_by.startswith(mark) and head_of(line) is None
    }


def usual_of(
    step: Step, before: Mapping[str, Proposed], standing: Mapping[str, Standing]
) -> Decimal:
    """Return how many are taken unless somebody says otherwise."""
    return usual(step.proposed, before, standing) if step.proposed else Decimal(0)


class _Maker:
    """Makes the lines of proposals from what was read once for all of them."""

    def __init__(
        self, quote: Quote, row: Questionnaire, after: Sequence[Proposed], lines: list[QuoteLine]
    ) -> None:
        self.quote, self.row, self.lines, self.ids = quote, row, lines, count(-1, -1)
        ids = {one.proposal.product_id for one in after}
        self.trees: Mapping[int, Bundle] = bundle_trees(ids)
        options = {path[-1] for tree in self.trees.values() for path in options_by_path(tree)}
        self.stock: Stock = stock_of(quote, ids | options)
        replaced = quote.renews_contract_id
        self.owned = owned_products(quote.customer_id, on=quote.starts_on, apart_from=replaced)

    def offer(self, step: Step, content: Content, usual: Decimal) -> Offer:
        """Return a step with its lines, or with the words why it cannot be taken."""
        standing = families(self.lines, [step.was.line_id]) if step.was else []
        if step.proposed is None:
            words = "Your answers no longer propose it."
            return Offer(step, standing[0].product, words, lines=standing, standing=standing)
        one = step.proposed.proposal
        product = self.stock.products.get(one.product_id)
        why = _why(step.proposed, content)
        offer = Offer(step, product, why, usual=usual, lines=standing, standing=standing)
        if step.change not in (Change.REMOVE, Change.KEEP):
            try:
                offer.lines = self._made(step, product, standing)
            except Refused as refusal:
                offer.problem = refusal.message
        if offer.head and offer.head.kind == ProductKind.BUNDLE:
            inside = offer.lines[1:]
            offer.holds = tuple(f"{plain(one.quantity)} × {one.description}" for one in inside)
        return offer

    def _made(
        self, step: Step, product: Product | None, standing: list[QuoteLine]
    ) -> list[QuoteLine]:
        assert step.proposed is not None, "what is made was proposed"
        if product is None:
            raise Refused("This product is gone.", field="product")
        check_sold(product, self.quote)
        quantity = step.quantity or step.proposed.quantity
        check_quantity(quantity)
        if product.kind != ProductKind.BUNDLE:
            lines = self._more(standing, quantity) if standing else self._line(product, quantity)
        else:
            options = step.proposed.options
            if standing and not step.takes_options:
                options = chosen_of(standing[0], self.lines, self.trees[product.pk])
            off = standing[0].discount_percent if standing else Decimal(0)
            lines = self._bundle(product, quantity, options, off)
        mark(lines, step.proposed, self.row)
        if standing:
            follow(standing[0], lines)
        return lines

    def _more(self, standing: list[QuoteLine], quantity: Decimal) -> list[QuoteLine]:
        """Return copies of a line and its segments with another quantity."""
        was, copies = standing[0].quantity, [copy(line) for line in standing]
        for line in copies:
            if not line.setup_of_id and line.quantity == was:
                line.quantity = quantity
        return copies

    def _line(self, product: Product, quantity: Decimal) -> list[QuoteLine]:
        price = self.stock.prices.get(product.pk)
        if price is None:
            words = f"has no price for {product.name} on {self.quote.starts_on:%d %b %Y}"
            raise Refused(f"{self.quote.price_book.name} {words}.", field="product")
        line = line_at(price, self.quote, quantity, 0, costs=self.stock.costs)
        line.description = name_of(product, self.quote)
        self._numbered([line])
        return [line, *self._numbered(opening(line, price, self.quote))]

    def _bundle(
        self, product: Product, quantity: Decimal, options: Mapping[Path, Decimal], off: Decimal
    ) -> list[QuoteLine]:
        tree = self.trees[product.pk]
        found = configure(tree, options, quantity=quantity, owned=self.owned)
        lines = option_lines(self.quote, found.checked(), discount_percent=off, stock=self.stock)
        head = head_line(self.quote, product, quantity)
        self._numbered([head, *lines.values()])
        for path, line in lines.items():
            line.parent = lines.get(path[:-1], head)
        opened = [
            more
            for line in lines.values()
            if line.kind != ProductKind.BUNDLE
            for more in opening(line, self.stock.prices[line.product_id or 0], self.quote)
        ]
        return [head, *lines.values(), *self._numbered(opened)]

    def _numbered(self, lines: list[QuoteLine]) -> list[QuoteLine]:
        """Give unsaved lines ids of their own, by which the engine tells them apart."""
        for line in lines:
            line.pk = next(self.ids)
        return lines


def mark(lines: Sequence[QuoteLine], one: Proposed, row: Questionnaire) -> None:
    """Offer a line and what stands under it as it is proposed, and note on it by what."""
    for line in lines:
        line.proposed_by = f"{row.pk}:{one.key}"
        line.is_optional = one.proposal.role is Role.OPTION
        line.choice_group, line.choice = one.proposal.group, one.proposal.choice
        line.is_chosen = one.is_taken


def follow(head: QuoteLine, lines: Iterable[QuoteLine]) -> None:
    """Give lines what a line says of being taken, and by what it was proposed."""
    for line in lines:
        for name in (*FLAGS, "proposed_by"):
            setattr(line, name, getattr(head, name))


def recommend(
    lines: Sequence[QuoteLine], before: Iterable[Proposed], after: Iterable[Proposed]
) -> None:
    """Take the alternatives that are recommended now and were not before; of each group just one."""
    was, best = _recommended(before), _recommended(after)
    for line in lines:
        group = line.choice_group
        if group in best and best[group] != was.get(group) and not line.is_optional:
            line.is_chosen = line.choice == best[group]
    settle(lines)


def _why(proposed: Proposed, content: Content) -> str:
    one = proposed.proposal
    return one.why or conditions_in_words(one.when, content.questions, match_any=one.match_any)


def _recommended(proposed: Iterable[Proposed]) -> dict[str, str]:
    return {one.proposal.group: one.proposal.choice for one in proposed if one.is_recommended}


def _price(guided: Guided, before: Iterable[Proposed], lines: Sequence[QuoteLine]) -> None:
    """Price what the offers make of the quote's lines, and what they leave out, into the copy."""
    assert guided.after is not None, "what is priced has a quote"
    gone = {line.pk for offer in guided.changes if offer.step.was for line in offer.standing}
    after = [copy(line) for line in lines if line.pk not in gone]
    idle: list[QuoteLine] = []
    for offer in guided.offers:
        if offer.step.change is Change.LEAVE_OUT:
            idle += offer.lines
        elif offer in guided.changes and offer.step.change is not Change.REMOVE:
            after += offer.lines
    recommend(after, before, [one.step.proposed for one in guided.offers if one.step.proposed])
    for line in idle:
        line.is_chosen = False
    rules = current_rules(guided.after, [*after, *idle], on=pricing_day(guided.after))
    guided.after.rule_set = rule_set_to_json(rules)
    price_lines([*after, *idle], guided.after)
