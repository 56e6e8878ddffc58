"""What may stand in what."""

from collections.abc import Mapping, Set


def holds(bundle: int, wanted: int, *, parts: Mapping[int, Set[int]]) -> bool:
    """Return whether `bundle` is, or holds at any depth, the product `wanted`."""
    seen: set[int] = set()
    waiting = [bundle]
    while waiting:
        product = waiting.pop()
        if product == wanted:
            return True
        if product not in seen:
            seen.add(product)
            waiting.extend(parts.get(product, frozenset()))
    return False
