"""What a clause may say, who may take it away, and how wordings differ."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.rules.clauses import Guard, checked_texts, differences, places
from contracts.rules.drafting import Wording, draw_up_amendment, words_about
from q2c.kernel.errors import NotAllowed, Refused

LANGUAGES = ("en", "de", "fr", "es")


def test_texts_are_trimmed_and_languages_left_empty_are_none():
    texts = {
        "en": {"title": " Law ", "body": "As {{ seller_name }} has it.\n"},
        "de": {"title": "", "body": " "},
    }
    assert checked_texts(texts, languages=LANGUAGES) == {
        "en": {"title": "Law", "body": "As {{ seller_name }} has it."}
    }


@pytest.mark.parametrize(
    ("texts", "words", "field"),
    [
        ({}, "at least one language", "texts"),
        ({"en": {"title": "", "body": ""}}, "at least one language", "texts"),
        ({"en": {"title": "", "body": "x"}}, "Give the text a title", "title_en"),
        ({"de": {"title": "x", "body": ""}}, "Write the text below", "body_de"),
        ({"fr": {"title": "x" * 201, "body": "x"}}, "up to 200 characters", "title_fr"),
        ({"es": {"title": "x", "body": "x" * 20_001}}, "up to 20,000 characters", "body_es"),
        (
            {"en": {"title": "x", "body": "{{ discount }}"}},
            "discount .* no contract has",
            "body_en",
        ),
        ({"it": {"title": "x", "body": "x"}}, "no language “it”", "texts"),
    ],
)
def test_a_text_that_no_contract_could_print_is_refused_at_its_field(texts, words, field):
    with pytest.raises(Refused, match=words) as refusal:
        checked_texts(texts, languages=LANGUAGES)
    assert refusal.value.field == field


def test_a_mandatory_clause_admits_its_role_or_its_person_alone():
    by_role = Guard("Liability", is_mandatory=True, role="legal", words="the role Legal")
    by_person = Guard("Payment", is_mandatory=True, person_id=7, words="Chiara")
    free = Guard("Law", is_mandatory=False)
    assert [by_role.admits(user_id=1, role=role) for role in ("legal", "administrator")] == [
        True,
        False,
    ]
    assert [by_person.admits(user_id=pk, role="finance_manager") for pk in (7, 8)] == [True, False]
    assert free.admits(user_id=1, role="sales_rep")
    with pytest.raises(NotAllowed, match="“Payment” is mandatory: only Chiara may swap it"):
        by_person.check("swap it", user_id=8, role="legal")


def test_a_change_is_shown_word_by_word():
    pieces = differences("Due in 14 days, net.", "Due in 30 days after receipt, net.")
    assert [(piece.kind, piece.text.strip()) for piece in pieces] == [
        ("same", "Due in"),
        ("gone", "14 days,"),
        ("new", "30 days after receipt,"),
        ("same", "net."),
    ]


_WORDING = st.text(st.sampled_from("ab \n,."), max_size=60)


@given(_WORDING, _WORDING)
def test_the_pieces_add_up_to_both_wordings(before, after):
    pieces = differences(before, after)
    assert "".join(piece.text for piece in pieces if piece.kind != "new") == before
    assert "".join(piece.text for piece in pieces if piece.kind != "gone") == after


def test_a_clause_that_was_left_out_keeps_its_place():
    one, two = {"title": "Term"}, {"title": "Law"}
    assert places([one, two], ()) == [one, two]
    assert places([one, two], {1}) == [one, None, two]
    assert places([one, two], {0, 3}) == [None, one, two, None]


@pytest.mark.parametrize(
    ("language", "title"),
    [("en", "Amendment"), ("de", "Änderung"), ("fr", "Avenant"), ("es", "Modificación")],
)
def test_an_amendment_without_a_clause_of_its_own_says_so_in_its_language(language, title):
    names = ("seller_name", "customer_name", "amended_contract", "starts_on", "quote_number")
    values = dict.fromkeys(names, "X")
    law = Wording("Law", "As ever.", version_id=1)
    [only] = draw_up_amendment([law], facts=frozenset(), values=values, language=language)
    assert (only.title, only.version_id) == (title, None)
    assert "{{" not in only.body


def test_the_reason_names_what_deviates_as_far_as_there_is_room():
    assert words_about(["Payment", "Law"]) == "Text deviates from the library: Payment, Law"
    assert len(words_about(["A long name"] * 40)) == 200
