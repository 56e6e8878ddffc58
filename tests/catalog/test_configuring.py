"""What may be chosen within a bundle, and how everything wrong with a choice is said at once."""

from decimal import Decimal

import pytest

from q2c.catalog.rules.bundles import way_to
from q2c.catalog.rules.configuring import Bundle, Group, Option, Rule, configure, walk
from q2c.kernel.errors import Refused

S, M, SIM, PHONE, ROAM, DATA, SETUP, PACK, SPORT, FILMS = range(1, 11)
TV = Bundle(PACK, "TV pack", (Option(SPORT, "Sports"), Option(FILMS, "Films", 1, 1, 1)))
LINE = Bundle(
    99,
    "Line",
    (
        Option(S, "Plan S", default_quantity=1, group_id=1),
        Option(M, "Plan M", group_id=1),
        Option(SIM, "SIM", 1, 1, 1),
        Option(PHONE, "Phone", max_quantity=2),
        Option(ROAM, "Roaming", group_id=2),
        Option(DATA, "Data", group_id=2),
        Option(SETUP, "Set-up", 1, 1, 1, follows_parent=False),
        Option(PACK, "TV pack", bundle=TV),
    ),
    (Group(1, "Plan", None, 1, 1), Group(2, "Add-ons", None, 0, 1)),
    (
        Rule("requires", PHONE, "Phone", M, "Plan M"),
        Rule("excludes", ROAM, "Roaming", S, "Plan S", counts_owned=True, message="Ask for M."),
    ),
)


def words(choice, **more):
    return [v.words for v in configure(LINE, choice, **more).violations]


def test_defaults_are_taken_and_quantities_multiply_down_the_tree():
    found = configure(LINE, {(PACK,): Decimal(1), (PACK, SPORT): Decimal(1)}, quantity=Decimal(10))
    assert found.violations == ()
    assert {one.path: one.quantity for one in walk(found.taken)} == {
        (S,): 10, (SIM,): 10, (SETUP,): 1, (PACK,): 10, (PACK, SPORT): 10, (PACK, FILMS): 10,
    }  # fmt: skip


def test_a_default_of_one_with_a_minimum_of_none_can_be_taken_off():  # A2
    assert (S,) not in {t.path for t in configure(LINE, {(S,): Decimal(0), (M,): Decimal(1)}).taken}
    assert words({(S,): Decimal(0), (M,): Decimal(1)}) == []


def test_a_fixed_part_keeps_its_quantity():  # A1
    assert words({(SIM,): Decimal(2)}) == ["SIM: each Line always holds 1 of it; leave it at 1."]
    assert words({(SIM,): Decimal(0)}) == ["SIM: each Line always holds 1 of it; leave it at 1."]


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ({(S,): Decimal(0)}, "Plan: choose exactly 1; you chose none. Add 1 of Plan S, Plan M."),
        ({(M,): Decimal(1)}, "Plan: choose exactly 1; you chose 2 (Plan S, Plan M). Remove 1."),
        ({(PHONE,): Decimal(3), (S,): Decimal(0), (M,): Decimal(1)},
         "Phone: each Line takes 0 to 2 of it, not 3; take 1 fewer."),
        ({(PHONE,): Decimal("0.5"), (S,): Decimal(0), (M,): Decimal(1)},
         "Phone: take a whole number in each Line, not 0.5."),
        ({(PHONE,): Decimal(1)}, "Phone needs Plan M: add Plan M or remove Phone."),
        ({(ROAM,): Decimal(1)}, "Ask for M."),
        ({(77,): Decimal(1)}, "Product 77 is not an option of Line; leave it out."),
    ],
)  # fmt: skip
def test_what_is_wrong_names_option_group_bound_and_remedy(choice, said):  # A3
    assert words(choice) == [said]


def test_everything_wrong_is_said_at_once():
    wrong = configure(LINE, {(S,): Decimal(0), (SIM,): Decimal(0), (PHONE,): Decimal(9)})
    assert len(wrong.violations) == 4
    with pytest.raises(Refused, match=r"SIM.*Phone.*Plan.*Plan M") as refusal:
        wrong.checked()
    assert refusal.value.field == f"option-{SIM}"


def test_what_the_customer_has_counts_where_the_rule_says_so():  # A4
    roaming = {(S,): Decimal(0), (M,): Decimal(1), (ROAM,): Decimal(1)}
    assert words(roaming) == []
    have = "which the customer already has: remove"
    assert words(roaming, owned={S}) == [
        f"Roaming cannot stand beside Plan S, {have} Roaming. Ask for M."
    ]
    assert words({}, owned={ROAM}) == [
        f"Plan S cannot stand beside Roaming, {have} Plan S. Ask for M."
    ]
    phone = {(PHONE,): Decimal(1)}
    assert words(phone, owned={M}) == ["Phone needs Plan M: add Plan M or remove Phone."]


def test_groups_within_a_bounded_group_are_alternatives():
    devices = Bundle(
        1, "Kit",
        (Option(S, "A", group_id=2), Option(M, "B", group_id=2), Option(SIM, "C", group_id=3),
         Option(DATA, "D")),
        (Group(1, "Device", None, 0, 1), Group(2, "Phones", 1, 2, 2), Group(3, "Tablets", 1)),
    )  # fmt: skip

    def said(*products):
        return [
            v.words for v in configure(devices, {(p,): Decimal(1) for p in products}).violations
        ]

    assert said(DATA) == []
    assert said(S, M) == []
    assert said(S) == ["Phones: choose exactly 2; you chose 1 (A). Add 1 of B."]
    assert said(S, M, SIM) == ["Device: choose up to 1; you chose 2 (Phones, Tablets). Remove 1."]


def test_an_empty_bundle_is_refused_at_every_depth():
    inner = Bundle(2, "Pack", (Option(SPORT, "Sports"),))
    outer = Bundle(1, "Offer", (Option(2, "Pack", bundle=inner),))
    assert [v.words for v in configure(outer, {}).violations] == [
        "Choose at least one option of Offer."
    ]
    assert [v.words for v in configure(outer, {(2,): Decimal(1)}).violations] == [
        "Choose at least one option of Pack."
    ]


def test_the_way_from_a_bundle_to_what_it_holds_is_the_shortest():
    parts = {1: {2, 3}, 2: {4}, 3: {4}, 4: {5}}
    assert way_to(1, 5, parts=parts) == (1, 2, 4, 5)
    assert way_to(5, 1, parts=parts) == ()
    assert way_to(1, 1, parts=parts) == (1,)
