"""What stands in the way of a quote: guards that stop it, limits nobody is asked about."""

from collections.abc import Sequence

from quotes.models import QuoteLine
from quotes.queries.reviews import Review
from quotes.rules.approval import MEASURES, Measure
from quotes.rules.limits import Limit, below_of

_MEASURES = {Limit.FLOOR: Measure.UNDER_FLOOR, Limit.MARGIN: Measure.UNDER_MARGIN}


def hindrances(lines: Sequence[QuoteLine], reviews: Sequence[Review]) -> list[str]:
    """Return in words why lines cannot be submitted as they stand, with the approvals they need.

    A margin guard may stop a line. One below its floor price or its product's minimum margin needs
    somebody's word: where no policy asks for it, it is stopped, too.
    """
    asked = {
        reading.condition.measure
        for review in reviews
        for reading in review.need.readings
        if reading.is_met
    }
    return [words for line in lines if line.is_sold for words in _of_line(line, asked)]


def _of_line(line: QuoteLine, asked: set[Measure]) -> list[str]:
    blocked = [row["words"] for row in line.waterfall if row["kind"] == "blocked"]
    found = [f"{line.description}: {words}." for words in blocked]
    for below in below_of(line.waterfall):
        measure = _MEASURES[below.limit]
        if below.by is not None and measure not in asked:
            found.append(
                f"{line.description}: {below.words}. Raise its price, or have an administrator "
                f"write an approval policy on “{MEASURES[measure]}”: none asks about this."
            )
    return found
