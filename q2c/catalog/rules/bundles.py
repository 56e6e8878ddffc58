"""What may stand in what."""

from collections.abc import Mapping, Set


def way_to(bundle: int, wanted: int, *, parts: Mapping[int, Set[int]]) -> tuple[int, ...]:
    """Return how `bundle` comes to hold `wanted`, both ends with it; empty when it does not."""
    waiting: list[tuple[int, ...]] = [(bundle,)]
    seen = {bundle}
    while waiting:
        way = waiting.pop(0)
        if way[-1] == wanted:
            return way
        for part in sorted(parts.get(way[-1], frozenset()) - seen):
            seen.add(part)
            waiting.append((*way, part))
    return ()
