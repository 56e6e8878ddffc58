"""Answer a questionnaire for a draft: the lines it proposes are added, changed and taken off."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from q2c.catalog.models import ProductKind
from q2c.identity.models import User
from q2c.infra.bus import publish
from q2c.infra.clock import day_in
from q2c.infra.rows import update_rows
from q2c.kernel.errors import Refused
from q2c.kernel.rating import plain
from quotes.actions.bundling import NewLine, product_line
from quotes.actions.cells import check_quantity, check_together
from quotes.actions.changing import FLAGS, follow_quantity
from quotes.actions.configuring import add_bundle, choose_anew, chosen_options
from quotes.actions.drafting import draft_of, saved
from quotes.actions.journal import WHOLE, check_cells
from quotes.actions.ordering import families, next_position, renumber
from quotes.actions.proposing import Guided, Offer, earlier, follow, guide, mark, recommend
from quotes.actions.repricing import reprice
from quotes.events import QuestionnaireAnswered
from quotes.models import GuidedAnswers, Questionnaire, Quote, QuoteLine
from quotes.queries import content_of, read_lines, said_answers, why_not_for
from quotes.rules.guiding.merging import Change


@dataclass(frozen=True, kw_only=True)
class GuidedDraft:
    """Answers by the key of their question, and quantities wanted of proposals, zero for none."""

    questionnaire_id: int
    answers: Mapping[str, Any]
    taken: Mapping[str, Decimal] = field(default_factory=dict)


@transaction.atomic
def answer_questionnaire(
    quote_id: int, draft: GuidedDraft, *, by: User, at: datetime, seen: int | None = None
) -> Guided:
    """Keep answers with a draft and bring onto it what they propose; returns what was done.

    Answered again, it changes the lines that it brought before and adds none twice; lines that
    came otherwise are left alone, and so is what cannot be had, which the result says in words.
    Refuses answers that are wrong or missing, beside their question.
    """
    quote = draft_of(quote_id, by=by, seen=None)
    row = questionnaire_for(quote, draft.questionnaire_id, at=at)
    for key, quantity in draft.taken.items():
        if quantity:
            check_quantity(quantity, field=f"quantity-{key}")
    guided = guide(quote, row, draft.answers, draft.taken)
    guided.answers.checked()
    touched = [str(one.step.was.line_id) for one in guided.changes if one.step.was]
    check_cells(quote, seen, [(line, WHOLE) for line in touched])
    changes = _apply(quote, guided) if guided.changes else {}
    _keep(quote, guided, by=by, at=at)
    if changes:
        reprice(quote)
        saved(quote, by=by, at=at, changes=changes)
    return guided


def questionnaire_for(quote: Quote, questionnaire_id: int, *, at: datetime) -> Questionnaire:
    """Return the questionnaire that a draft is to be guided by; refuses one not meant for it.

    What was answered for the quote already may be answered again, also when it is out of force.
    """
    row = Questionnaire.objects.filter(pk=questionnaire_id).first()
    if row is None:
        raise Refused("There is no such questionnaire.", field="questionnaire_id")
    if not quote.guided.filter(questionnaire=row).exists():
        today = day_in(quote.legal_entity.time_zone, at)
        if why := why_not_for(row, quote, on=today):
            raise Refused(why, field="questionnaire_id")
    return row


def _apply(quote: Quote, guided: Guided) -> dict[str, list[str]]:
    """Bring the changes onto the quote; returns the history's words."""
    before = earlier(
        quote, guided.questionnaire, content_of(guided.questionnaire).in_language(quote.language)
    )
    words: dict[str, list[str]] = {}
    heads: dict[int, Offer] = {}
    for offer in guided.changes:
        match offer.step.change:
            case Change.ADD:
                heads[_added(quote, offer).pk] = offer
                words |= {_name(offer): ["", plain(offer.step.quantity)]}
            case Change.CHANGE:
                heads[offer.standing[0].pk] = offer
                words |= _changed(quote, offer)
            case Change.REMOVE:
                quote.lines.filter(pk=offer.standing[0].pk).delete()
                words |= {_name(offer): [plain(offer.standing[0].quantity), ""]}
    renumber(quote)
    lines = list(quote.lines.order_by("position"))
    for pk, offer in heads.items():
        family = families(lines, [pk])
        if offer.step.was:
            follow(family[0], family)
        elif offer.step.proposed:
            mark(family, offer.step.proposed, guided.questionnaire)
    recommend(lines, before, [one.step.proposed for one in guided.offers if one.step.proposed])
    update_rows(lines, [*FLAGS, "proposed_by"])
    return words


def _added(quote: Quote, offer: Offer) -> QuoteLine:
    assert offer.product is not None, "what is added is a product"
    assert offer.step.proposed is not None, "what is added was proposed"
    new = NewLine(
        product_id=offer.product.pk,
        quantity=offer.step.quantity,
        options=offer.step.proposed.options,
    )
    if offer.product.kind == ProductKind.BUNDLE:
        return add_bundle(quote, offer.product, new)
    return product_line(quote, new, next_position(quote))


def _changed(quote: Quote, offer: Offer) -> dict[str, list[str]]:
    """Give a line that stands its new quantity and, of a bundle, its new options."""
    lines = read_lines(quote)
    head = next(line for line in lines if line.pk == offer.standing[0].pk)
    was = plain(head.quantity)
    if head.kind == ProductKind.BUNDLE:
        assert offer.step.proposed is not None, "what changes is still proposed"
        options = offer.step.proposed.options
        if not offer.step.takes_options:
            options = chosen_options(head, lines)
        new = NewLine(
            product_id=head.product_id or 0, quantity=offer.step.quantity, options=options
        )
        return choose_anew(quote, head, new)
    follow_quantity(head, offer.step.quantity, families(lines, [head.pk])[1:], lines)
    head.quantity = offer.step.quantity
    check_together(head, quote)
    update_rows(lines, ["quantity"])
    return {_name(offer): [was, plain(head.quantity)]}


def _keep(quote: Quote, guided: Guided, *, by: User, at: datetime) -> None:
    """Keep the answers with the quote, and what was proposed and taken, as it reads now."""
    kept = quote.guided.filter(questionnaire=guided.questionnaire).first()
    old = _said(guided.questionnaire, kept.answers) if kept else {}
    GuidedAnswers.objects.update_or_create(
        quote=quote,
        questionnaire=guided.questionnaire,
        defaults={
            "answers": guided.answers.to_json(),
            "proposed": [_row(offer) for offer in guided.offers if offer.step.proposed],
            "by": by,
            "at": at,
        },
    )
    new = {question.text: words for question, words in guided.answers.said()}
    names = [*new, *(name for name in old if name not in new)]
    publish(
        QuestionnaireAnswered(at=at, quote_id=quote.pk, questionnaire_id=guided.questionnaire.pk),
        by=by,
        customer_id=quote.customer_id,
        changes={
            name: [old.get(name, ""), new.get(name, "")]
            for name in names
            if old.get(name, "") != new.get(name, "")
        },
        reason=guided.questionnaire.name,
    )


def _said(row: Questionnaire, answers: Mapping[str, Any]) -> dict[str, str]:
    return {question.text: words for question, words in said_answers(row, answers)}


def _row(offer: Offer) -> dict[str, Any]:
    assert offer.step.proposed is not None, "what is kept was proposed"
    taken = Decimal(0) if offer.problem else offer.step.quantity
    return {
        "key": offer.key,
        "product": _name(offer),
        "proposed": plain(offer.step.proposed.quantity),
        "taken": plain(taken),
        "why": offer.why,
        "problem": offer.problem,
    }


def _name(offer: Offer) -> str:
    return offer.product.name if offer.product else "A product that is gone"
