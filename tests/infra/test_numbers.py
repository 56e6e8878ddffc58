from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from q2c.infra.numbers import next_number, take_numbers


class Rollback(Exception):
    pass


def _issue(number_of_tries: int) -> list[int]:
    kept = []
    try:
        for attempt in range(number_of_tries):
            try:
                with transaction.atomic():
                    number = take_numbers(entity_id=1, kind="INV", year=2026)[0]
                    if attempt % 5 == 0:
                        raise Rollback
                    kept.append(number)
            except Rollback:
                pass
    finally:
        connection.close()
    return kept


@pytest.mark.django_db(transaction=True)
def test_numbers_are_dense_when_many_issue_at_once_and_some_roll_back():
    with ThreadPoolExecutor(6) as pool:
        numbers = [n for kept in pool.map(_issue, [20] * 6) for n in kept]
    assert sorted(numbers) == list(range(1, 6 * 16 + 1))


@pytest.mark.django_db
def test_each_entity_kind_and_year_counts_from_one():
    assert next_number("INV", entity_id=1, year=2026) == "INV-2026-000001"
    assert next_number("INV", entity_id=1, year=2027) == "INV-2027-000001"
    assert next_number("INV", entity_id=2, year=2026) == "INV-2026-000001"
    assert list(take_numbers(entity_id=1, kind="INV", year=2026, count=3)) == [2, 3, 4]
