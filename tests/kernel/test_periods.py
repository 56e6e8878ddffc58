from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from q2c.kernel.errors import Refused
from q2c.kernel.periods import Cadence, Grid, Period, months_after, step

DAYS = st.dates(date(2015, 1, 1), date(2040, 12, 31))
CADENCE = st.sampled_from(
    [{"months": 1}, {"months": 3}, {"months": 12}, {"months": 60}, {"weeks": 1}, {"weeks": 2}]
)


def test_an_anchor_on_the_31st_returns_to_the_31st():
    ends = [months_after(date(2026, 1, 31), n) for n in range(4)]
    assert ends == [date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30)]


def test_a_yearly_anchor_on_29_february_bills_on_the_28th_until_the_next_leap_year():
    assert [months_after(date(2024, 2, 29), 12 * n).day for n in range(5)] == [29, 28, 28, 28, 29]


def test_an_empty_period_is_refused():
    with pytest.raises(Refused, match="must end after it starts"):
        Period(date(2026, 1, 1), date(2026, 1, 1))


def test_paper_shows_the_last_day_inclusively():
    assert Period(date(2026, 1, 1), date(2026, 2, 1)).last_day == date(2026, 1, 31)


@given(DAYS, CADENCE, st.integers(0, 60))
def test_steps_tile_without_gap_or_overlap(anchor, cadence, number):
    here, after = (step(anchor, **cadence, number=n) for n in (number, number + 1))
    assert here.end == after.start


@pytest.mark.parametrize("cadence", [{"months": 12}, {"weeks": 1}])
def test_no_day_lies_outside_the_calendar(cadence):
    with pytest.raises(Refused, match="years 1 to 9999"):
        step(date(2026, 1, 1), **cadence, number=10**6)


@given(DAYS, CADENCE, st.integers(0, 31), st.booleans(), st.integers(-4000, 4000))
def test_every_day_lies_in_the_period_of_the_grid_that_holds_it(
    origin, cadence, day, keeps_february_end, later
):
    grid = Grid(origin, Cadence(**cadence), day, keeps_february_end)
    found = origin + timedelta(days=later)
    assert found in grid.period(grid.holding(found))


@pytest.mark.parametrize("cadence", [{}, {"months": 1, "weeks": 1}, {"months": -1}])
def test_a_price_recurs_by_months_or_by_weeks(cadence):
    with pytest.raises(Refused, match="give one of the two, 1 or more"):
        step(date(2026, 1, 1), **cadence, number=0)
