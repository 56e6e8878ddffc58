"""Choose within a bundle: either what is taken, at every depth, or all that is wrong with it."""

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from decimal import Decimal

from q2c.kernel.errors import Refused
from q2c.kernel.rating import plain

Path = tuple[int, ...]  # products from the bundle down to the option: (television, movies)


@dataclass(frozen=True, slots=True)
class Group:
    """A heading: so many of its options and sub-groups are taken. It is never sold itself."""

    id: int
    name: str
    parent_id: int | None = None
    min_options: int = 0
    max_options: int | None = None

    @property
    def bounds(self) -> str:
        """Say how many to choose."""
        return bounds(self.min_options, self.max_options)


@dataclass(frozen=True, slots=True)
class Option:
    """A product of a bundle and how many of it one bundle takes.

    `follows_parent` is False where the quantity stands once, however many bundles are taken.
    """

    product_id: int
    name: str
    min_quantity: int = 0
    max_quantity: int = 1
    default_quantity: int = 0
    group_id: int | None = None
    follows_parent: bool = True
    discount_percent: Decimal = Decimal(0)
    bundle: "Bundle | None" = None

    @property
    def is_locked(self) -> bool:
        return self.min_quantity == self.max_quantity

    @property
    def bounds(self) -> str:
        return bounds(self.min_quantity, self.max_quantity)


@dataclass(frozen=True, slots=True)
class Rule:
    """`product` requires or excludes `other`, which may be `owned` already."""

    kind: str
    product_id: int
    product: str
    other_id: int
    other: str
    counts_owned: bool = False
    message: str = ""


@dataclass(frozen=True, slots=True)
class Bundle:
    """What one may choose within a bundle, in the order in which it is shown."""

    product_id: int
    name: str
    options: tuple[Option, ...]
    groups: tuple[Group, ...] = ()
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class Taken:
    """An option that is taken: `each` in one bundle, `quantity` in all, and what stands in it."""

    option: Option
    path: Path
    each: Decimal
    quantity: Decimal
    inner: tuple["Taken", ...] = ()


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that is wrong, in a sentence; it stands beside an option or a group."""

    words: str
    path: Path = ()
    group_id: int | None = None

    @property
    def field(self) -> str:
        return field_of(self.path) if self.path else "options"


@dataclass(frozen=True, slots=True)
class Configuration:
    """What is taken, and all that is wrong with it."""

    taken: tuple[Taken, ...]
    violations: tuple[Violation, ...]

    def checked(self, *, field: str = "") -> tuple[Taken, ...]:
        """Return what is taken; refuses with every violation at once, beside the first's field."""
        if self.violations:
            words = " ".join(violation.words for violation in self.violations)
            raise Refused(words, field=field or self.violations[0].field)
        return self.taken


def field_of(path: Path) -> str:
    """Name the input of an option: option-12.15."""
    return f"option-{'.'.join(map(str, path))}"


def configure(
    bundle: Bundle,
    chosen: Mapping[Path, Decimal],
    *,
    quantity: Decimal = Decimal(1),
    owned: Set[int] = frozenset(),
) -> Configuration:
    """Return what so many bundles hold when these quantities are chosen in each.

    What is not mentioned takes its default; what stands within an option that is not taken does
    not count. `owned` are the products the customer already has.
    """
    violations = [
        Violation(f"Product {path[-1]} is not an option of {bundle.name}; leave it out.", path)
        for path in sorted(set(chosen) - options_by_path(bundle).keys())
    ]
    taken = _taken(bundle, chosen, (), quantity, violations)
    _check(bundle, taken, owned, violations)
    return Configuration(taken, tuple(violations))


def bounds(least: int, most: int | None) -> str:
    """Say how many to choose; `most` None is as many as there are."""
    if most is None:
        return f"at least {least}" if least else "any number"
    if least == most:
        return f"exactly {least}"
    return f"{least} to {most}" if least else f"up to {most}"


def options_by_path(bundle: Bundle, above: Path = ()) -> dict[Path, Option]:
    """Return every option, at every depth, in the order in which it is shown."""
    found: dict[Path, Option] = {}
    for option in bundle.options:
        path = (*above, option.product_id)
        found[path] = option
        if option.bundle:
            found |= options_by_path(option.bundle, path)
    return found


def walk(taken: Iterable[Taken]) -> Iterator[Taken]:
    """Yield everything taken, at every depth, a bundle before what it holds."""
    for one in taken:
        yield one
        yield from walk(one.inner)


def _taken(
    bundle: Bundle,
    chosen: Mapping[Path, Decimal],
    above: Path,
    quantity: Decimal,
    violations: list[Violation],
) -> tuple[Taken, ...]:
    found = []
    for option in bundle.options:
        path = (*above, option.product_id)
        each = chosen.get(path, Decimal(option.default_quantity))
        if words := _wrong_quantity(option, each, bundle):
            violations.append(Violation(words, path, option.group_id))
        if each <= 0:
            continue
        total = each * quantity if option.follows_parent else each
        inner = _taken(option.bundle, chosen, path, total, violations) if option.bundle else ()
        found.append(Taken(option, path, each, total, inner))
    return tuple(found)


def _wrong_quantity(option: Option, each: Decimal, bundle: Bundle) -> str:
    group = next((group.name for group in bundle.groups if group.id == option.group_id), "")
    name = f"{option.name} ({group})" if group else option.name
    where = f"each {bundle.name}" if option.follows_parent else bundle.name
    if each != int(each):
        return f"{name}: take a whole number in {where}, not {plain(each)}."
    if option.min_quantity <= each <= option.max_quantity:
        return ""
    if option.is_locked:
        least = option.min_quantity
        return f"{name}: {where} always holds {least} of it; leave it at {least}."
    if each > option.max_quantity:
        return (
            f"{name}: {where} takes {option.min_quantity} to {option.max_quantity} of it, not "
            f"{plain(each)}; take {plain(each - option.max_quantity)} fewer."
        )
    return (
        f"{name}: {where} takes {option.min_quantity} to {option.max_quantity} of it, not "
        f"{plain(each)}; take {plain(option.min_quantity - each)} more."
    )


def _check(
    bundle: Bundle, taken: tuple[Taken, ...], owned: Set[int], violations: list[Violation]
) -> None:
    """Add what is wrong with the groups and rules of the bundle and of those within it."""
    if not taken:
        violations.append(Violation(f"Choose at least one option of {bundle.name}."))
    used = {one.option.group_id for one in taken}
    counted = ((group.id, _wrong_count(group, bundle, taken, used)) for group in bundle.groups)
    violations += [Violation(words, group_id=group_id) for group_id, words in counted if words]
    everything = {one.option.product_id: one.path for one in walk(taken)}
    broken = (_broken(rule, everything, owned) for rule in bundle.rules)
    violations += [found for found in broken if found]
    for one in taken:
        if one.option.bundle:
            _check(one.option.bundle, one.inner, owned, violations)


def _wrong_count(
    group: Group, bundle: Bundle, taken: tuple[Taken, ...], used: Set[int | None]
) -> str:
    """Say what is wrong with how many of a group are taken.

    Where the group above bounds how many of its own are taken, this one is an alternative to
    others, and its least counts only once something of it is taken.
    """
    names = [one.option.name for one in taken if one.option.group_id == group.id]
    names += [
        g.name for g in bundle.groups if g.parent_id == group.id and _is_used(g, bundle, used)
    ]
    above = next((g for g in bundle.groups if g.id == group.parent_id), None)
    if not names and above is not None and above.max_options is not None:
        return ""
    count, chosen = len(names), f" ({', '.join(names)})" if names else ""
    start = f"{group.name}: choose {group.bounds}; you chose {count or 'none'}{chosen}."
    if group.max_options is not None and count > group.max_options:
        return f"{start} Remove {count - group.max_options}."
    if count < group.min_options:
        left = [o.name for o in bundle.options if o.group_id == group.id and o.name not in names]
        left += [g.name for g in bundle.groups if g.parent_id == group.id and g.name not in names]
        return f"{start} Add {group.min_options - count} of {', '.join(left)}."
    return ""


def _is_used(group: Group, bundle: Bundle, used: Set[int | None]) -> bool:
    return group.id in used or any(
        _is_used(inner, bundle, used) for inner in bundle.groups if inner.parent_id == group.id
    )


def _broken(rule: Rule, taken: Mapping[int, Path], owned: Set[int]) -> Violation | None:
    has_product, has_other = rule.product_id in taken, rule.other_id in taken
    owns = owned if rule.counts_owned else frozenset[int]()
    if rule.kind == "requires":
        if has_product and not has_other and rule.other_id not in owns:
            words = f"{rule.product} needs {rule.other}: add {rule.other} or remove {rule.product}."
            return Violation(rule.message or words, taken[rule.product_id])
        return None
    if has_product and has_other:
        words = f"{rule.product} and {rule.other} exclude each other: remove one of them."
        return Violation(rule.message or words, taken[rule.product_id])
    pairs = (
        (rule.product_id, rule.product, rule.other_id, rule.other),
        (rule.other_id, rule.other, rule.product_id, rule.product),
    )
    for here, name, there, other in pairs:
        if here in taken and there in owns:
            words = f"{name} cannot stand beside {other}, which the customer already has"
            return Violation(f"{words}: remove {name}. {rule.message}".strip(), taken[here])
    return None
