"""A questionnaire as its page tells it: every question and proposal in words."""

from typing import Any

from q2c.catalog.models import Product
from quotes.queries import products_of
from quotes.rules.guiding.proposals import OptionProposal
from quotes.rules.guiding.questionnaires import Questionnaire as Content
from quotes.rules.guiding.questions import KINDS, conditions_in_words
from quotes.rules.guiding.telling import role_words


def question_rows(content: Content) -> list[dict[str, Any]]:
    """Return each question with how it is answered and when it is asked."""
    return [
        {
            "question": one,
            "kind": KINDS[one.kind].lower(),
            "default": one.said(one.default) if one.default is not None else "",
            "when": conditions_in_words(one.when, content.questions, match_any=one.match_any),
        }
        for one in content.questions
    ]


def proposal_rows(content: Content) -> list[dict[str, Any]]:
    """Return each proposal with its product, how many, as what and when."""
    products = products_of(content)
    return [
        {
            "proposal": one,
            "product": products.get(one.product_id),
            "quantity": one.how_many.in_words(content.questions),
            "role": role_words(one),
            "when": conditions_in_words(one.when, content.questions, match_any=one.match_any),
            "options": [_option(option, content, products) for option in one.options],
        }
        for one in content.proposals
    ]


def _option(option: OptionProposal, content: Content, products: dict[int, Product]) -> str:
    last = products.get(option.path[-1]) if option.path else None
    words = f"{option.how_many.in_words(content.questions)} × {last.name if last else 'an option'}"
    when = conditions_in_words(option.when, content.questions, match_any=False)
    return f"{words}, when {when}" if when else words
