"""Questionnaires: those there are, for whom each is offered, and what is wrong with one."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from q2c.catalog.bundles import bundle_trees
from q2c.catalog.models import Product, ProductKind
from q2c.catalog.queries import check_sold_on
from q2c.catalog.rules.configuring import Bundle, options_by_path
from q2c.kernel.errors import Refused
from quotes.models import GuidedAnswers, Questionnaire, Quote, QuoteKind
from quotes.queries.price_rules import deal_of
from quotes.rules.conditions import LABELS
from quotes.rules.guiding.proposals import Proposal
from quotes.rules.guiding.questionnaires import Questionnaire as Content
from quotes.rules.guiding.questionnaires import not_offered, read_offered, read_questionnaire
from quotes.rules.guiding.questions import Question, answer
from quotes.rules.guiding.telling import proposal_words, question_words


def questionnaires(text: str = "") -> QuerySet[Questionnaire]:
    """Return all editions, those in force first, and whether each was answered."""
    found = Questionnaire.objects.annotate(
        is_answered=Exists(GuidedAnswers.objects.filter(questionnaire=OuterRef("pk")))
    )
    for word in text.split():
        found = found.filter(name__icontains=word)
    return found.order_by("-is_active", "name", "-edition", "-id")


def content_of(row: Questionnaire) -> Content:
    """Return the questions and proposals of an edition as the rules read them."""
    return read_questionnaire(row.questions, row.proposals)


def why_not_for(row: Questionnaire, quote: Quote, *, on: date) -> str:
    """Return why a quote cannot be guided by a questionnaire on a day; empty when it can."""
    if quote.kind == QuoteKind.AMENDMENT:
        return "An amendment changes what runs; add to it by hand."
    if not row.is_active:
        return f"“{row.name}” is not in force."
    if row.starts_on and on < row.starts_on:
        return f"“{row.name}” is offered from {row.starts_on:%d %b %Y} on."
    if row.ends_on and on >= row.ends_on:
        return f"“{row.name}” was offered until {row.ends_on:%d %b %Y}."
    why = not_offered(read_offered(row.offered), deal_of(quote, on=on))
    return f"“{row.name}” is not for this quote: it {why}." if why else ""


def offered_to(quote: Quote, *, on: date) -> list[Questionnaire]:
    """Return what a draft may be guided by: what it was guided by already, then what is in force.

    An answered edition stands for its later ones, so that nothing is proposed twice.
    """
    answered = [one.questionnaire for one in quote.guided.select_related("questionnaire")]
    names = {row.name for row in answered}
    deal = deal_of(quote, on=on)
    fresh = [
        row
        for row in in_force(on)
        if row.name not in names and not not_offered(read_offered(row.offered), deal)
    ]
    return answered + (fresh if quote.kind != QuoteKind.AMENDMENT else [])


def in_force(on: date) -> QuerySet[Questionnaire]:
    """Return the questionnaires that are asked on a day."""
    return Questionnaire.objects.filter(
        Q(starts_on=None) | Q(starts_on__lte=on),
        Q(ends_on=None) | Q(ends_on__gt=on),
        is_active=True,
    ).order_by("name")


def products_of(content: Content) -> dict[int, Product]:
    """Return every product that a questionnaire may propose, options too."""
    wanted = {one.product_id for one in content.proposals}
    wanted |= {pk for one in content.proposals for option in one.options for pk in option.path}
    return Product.objects.in_bulk(wanted)


def faults(content: Content, *, on: date) -> list[str]:
    """Return what stands in the way of asking a questionnaire on a day, in sentences."""
    found = []
    if not content.questions:
        found.append("It asks nothing yet: add a question.")
    if not content.proposals:
        found.append("It proposes nothing yet: add a proposal.")
    products = products_of(content)
    bundles = [pk for pk, product in products.items() if product.kind == ProductKind.BUNDLE]
    trees = bundle_trees(bundles)
    for place, proposal in enumerate(content.proposals, start=1):
        found += [
            f"Proposal {place}: {words}" for words in _faults(proposal, products, trees, on=on)
        ]
    return found + list(_lonely(content.proposals))


def _faults(
    proposal: Proposal, products: Mapping[int, Product], trees: Mapping[int, Bundle], *, on: date
) -> Iterator[str]:
    product = products.get(proposal.product_id)
    if product is None:
        yield "its product is gone; choose another."
        return
    try:
        check_sold_on(product, on)
    except Refused as refusal:
        yield refusal.message
    tree = trees.get(product.pk)
    known = options_by_path(tree) if tree else {}
    for option in proposal.options:
        if option.path not in known:
            last = products.get(option.path[-1]) if option.path else None
            yield f"{last.name if last else 'an option'} is no option of {product.name}."


def _lonely(proposals: Sequence[Proposal]) -> Iterator[str]:
    """Say which groups of alternatives hold only one."""
    groups: dict[str, set[str]] = {}
    for one in proposals:
        if one.group:
            groups.setdefault(one.group, set()).add(one.choice)
    for group, choices in groups.items():
        if len(choices) == 1:
            yield f"“{group}” has one alternative only: add another, or make it part of the offer."


def said_answers(row: Questionnaire, answers: Mapping[str, Any]) -> list[tuple[Question, str]]:
    """Return the questions that kept answers were asked, each with its answer in words."""
    return answer(content_of(row).questions, answers).said()


def answers_of(quote: Quote) -> list[tuple[GuidedAnswers, list[tuple[Question, str]]]]:
    """Return what was answered for a quote, questionnaire by questionnaire, in words."""
    kept = quote.guided.select_related("questionnaire", "by")
    return [(one, said_answers(one.questionnaire, one.answers)) for one in kept]


def said_of(row: Questionnaire) -> dict[str, str]:
    """Return an edition in words, part by part, as its history tells it."""
    content = content_of(row)
    products = products_of(content)
    said = {
        "name": row.name,
        "description": row.description,
        "offered to": offered_words(row),
        "from": f"{row.starts_on:%d %b %Y}" if row.starts_on else "",
        "until": f"{row.ends_on - timedelta(days=1):%d %b %Y}" if row.ends_on else "",
    }
    for question in content.questions:
        said[f"question “{question.text}”"] = question_words(question, content)
    for one in content.proposals:
        name = products[one.product_id].name if one.product_id in products else "gone"
        label = f"proposal “{name}”"
        label = f"{label}, {one.key}" if label in said else label
        said[label] = proposal_words(one, content)
    return said


def offered_words(row: Questionnaire) -> str:
    """Return for whom a questionnaire is offered."""
    parts = [f"{LABELS[one.field]} {one.in_words()}" for one in read_offered(row.offered)]
    return ", ".join(parts) or "every customer"
