"""What rules tell in English is retold in the customer's language, whatever it says."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from billing.rules.charging import late_slice, slices
from billing.rules.declines import advise
from billing.rules.due import Billed
from q2c.kernel.money import Money
from q2c.kernel.percent import Limits
from q2c.kernel.periods import Period
from q2c.kernel.proration import compare, prorate
from q2c.kernel.tax import Place, decide_tax
from q2c.web.retelling import retold, told
from tests.billing.test_charging import charge
from tests.kernel.test_proration import CADENCES, CURRENCIES, DAYS, POLICIES
from tests.support.marked import marked_german, untold

BANDS = {
    "per_unit": [],
    "flat": [],
    "graduated": [("10", "2", "0"), (None, "1.5", "3")],
    "volume": [("10", "2", "0"), (None, "1.5", "3")],
    "stairstep": [("10", "0", "90"), (None, "2", "90")],
    "package": [("5", "0", "0"), ("10", "0", "30")],
    "commitment": [("10", "0", "80"), (None, "0.4", "0")],
    "credits": [("10", "0", "80"), (None, "0.4", "0")],
}
JANUARY = Period(date(2026, 1, 1), date(2026, 2, 1))


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "(1 month + 14 of 31 days) × 1,234.50 = 1,792.02, with -0.01 to even out rounding"),
        ("de", "(1 Monat + 14 von 31 Tagen) × 1.234,50 = 1.792,02, mit -0,01 zum Ausgleich der Rundung"),
        ("fr", "(1 mois + 14 sur 31 jours) × 1 234,50 = 1 792,02, avec -0,01 pour compenser l’arrondi"),
        ("es", "(1 mes + 14 de 31 días) × 1.234,50 = 1.792,02, con -0,01 para compensar el redondeo"),
    ],
)  # fmt: skip
def test_a_receipt_reads_in_each_language(language, words):
    english = "(1 month + 14 of 31 days) × 1,234.50 = 1,792.02, with -0.01 to even out rounding"
    with translation.override(language):
        assert told(english).replace("\u202f", " ").replace("\xa0", " ") == words


def test_numbers_of_documents_stay_as_they_are():
    with translation.override("de"):
        assert told("credits 40 of 100.50 EUR of line 2, INV-2026-000012") == (
            "schreibt 40 von 100,50 EUR der Position 2 von INV-2026-000012 gut"
        )
        assert told(["30 × 1234.5", "− 10 % discount"]) == "30 × 1.234,5 − 10\xa0% Rabatt"
        assert retold("SO-2026-000001 was cancelled.") == "SO-2026-000001 wurde storniert."


def test_what_people_wrote_and_what_is_translated_stays_as_it_is():
    with translation.override("de"):
        for text in (
            "The price of 1,200.50 was too high for 3 days.",
            "Dieses Angebot ist am 24.12.2026 abgelaufen.",
        ):
            assert retold(text) == text
        assert told("bis 24.12.2026, 1.5.7, INV-3") == "bis 24.12.2026, 1.5.7, INV-3"


@given(st.integers(0, 10**8), CURRENCIES, DAYS, CADENCES, POLICIES, st.integers(1, 900))
def test_every_receipt_is_told(units, currency, start, every, policy, days):
    price = Money.from_minor(units, currency)
    term = Period(start, start + timedelta(days=days))
    first = Period(start, start + timedelta(days=max(days // 2, 1)))
    found = [
        prorate(price, every=every, period=one, policy=policy, term=term) for one in (term, first)
    ]
    ways = compare(price, every=every, period=term, policy=policy, anchor=start)
    with marked_german():
        for words in (*(one.receipt.words() for one in found), *(way.words() for way in ways)):
            assert untold(told(words)) == set(), words


@given(
    st.sampled_from(sorted(BANDS)), st.integers(0, 40), st.sampled_from(["0", "12.5"]),
    st.sampled_from([{}, {"basis": "thirty_360"}]), st.integers(1, 31),
)  # fmt: skip
def test_how_every_charge_came_about_is_told(model, used, discount, proration, days):
    names = ("up_to", "unit_price", "flat_fee")
    due = charge(
        charge_model=model,
        charge_kind="usage" if model in ("commitment", "credits", "package") else "recurring",
        tiers=[dict(zip(names, band, strict=True)) for band in BANDS[model]],
        quantity=Decimal(used), discount_percent=Decimal(discount), proration=proration,
        unit="minute", ends_on=date(2026, 1, 1) + timedelta(days=days),
    )  # fmt: skip
    usage = {(7, date(2026, 1, 1), due.ends_on): Decimal(used)}
    overage = {date(2026, 1, 1): Decimal(used) / 2} if model == "credits" else None
    found = slices(due, on=date(2026, 2, 1), usage=usage, overage=overage)
    late = late_slice(
        due, JANUARY, total=Decimal(used), billed=Billed(Decimal(3), Decimal("4.50"), 1)
    )
    with marked_german():
        for line in [*found, *([late] if late and model != "flat" else [])]:
            assert untold(told(line.trace), {"EUR"}) == set(), line.trace


def test_tax_notes_declines_and_limits_are_told():
    germany, places = Place("DE"), [Place("FR"), Place("CH"), Place("DE")]
    notes = [
        decide_tax(seller=germany, buyer=buyer, buyer_has_tax_id=True, exempt=exempt).note
        for buyer in places
        for exempt in (True, False)
    ]
    notes.append(
        decide_tax(seller=Place("US"), buyer=germany, buyer_has_tax_id=True, exempt=False).note
    )
    codes = ("lost_card", "expired_card", "insufficient_funds", "processing_error", "other")
    limits = Limits(Decimal(5), Decimal(50)).in_words()
    with marked_german():
        for text in [*notes, *(advise(code, failed_tries=1).words for code in codes), *limits]:
            assert untold(retold(text)) == set(), text
