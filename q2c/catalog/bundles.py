"""Bundles as trees to choose from, and what customers already have of them."""

from collections.abc import Callable, Iterable
from datetime import date

from django.db.models import F

from q2c.catalog.models import BundleOption, OptionGroup, OptionRule, Product, ProductKind
from q2c.catalog.rules.configuring import Bundle, Group, Option, Rule

Owned = Callable[[int, date, int | None], Iterable[int]]

_owners: dict[str, Owned] = {}


def register_owned(name: str, owned: Owned) -> None:
    """Let a later app say which products a customer has on a day, apart from a contract's."""
    _owners[name] = owned


def owned_products(customer_id: int, *, on: date, apart_from: int | None = None) -> frozenset[int]:
    """Return the products the customer has on a day, but for those of a contract replaced."""
    return frozenset(
        product for owned in _owners.values() for product in owned(customer_id, on, apart_from)
    )


def bundle_trees(bundle_ids: Iterable[int]) -> dict[int, Bundle]:
    """Read bundles with all they hold, at every depth; queries grow with the depth only."""
    options: dict[int, list[BundleOption]] = {}
    waiting = set(bundle_ids)
    while waiting:
        options |= {bundle_id: [] for bundle_id in waiting}
        rows = BundleOption.objects.filter(bundle_id__in=waiting).select_related("product")
        for row in rows:
            options[row.bundle_id].append(row)
        inner = {row.product_id for row in rows if row.product.kind == ProductKind.BUNDLE}
        waiting = inner - options.keys()
    return _Builder(options).trees


def settled_options(bundle_ids: Iterable[int]) -> set[tuple[int, int]]:
    """Return bundle and product of each option that is taken as often at least as at most."""
    found = BundleOption.objects.filter(bundle_id__in=set(bundle_ids))
    rows = found.filter(min_quantity=F("max_quantity"))
    return set(rows.values_list("bundle_id", "product_id"))


class _Builder:
    """Puts the rows of many bundles together."""

    def __init__(self, options: dict[int, list[BundleOption]]) -> None:
        self._options = options
        self._names = dict(Product.objects.filter(pk__in=options).values_list("pk", "name"))
        self._groups: dict[int, list[OptionGroup]] = {}
        for group in OptionGroup.objects.filter(bundle_id__in=options):
            self._groups.setdefault(group.bundle_id, []).append(group)
        self._rules: dict[int, list[OptionRule]] = {}
        rules = OptionRule.objects.filter(bundle_id__in=options)
        for rule in rules.select_related("product", "other"):
            self._rules.setdefault(rule.bundle_id, []).append(rule)
        self.trees: dict[int, Bundle] = {}
        for bundle_id in options:
            self._tree(bundle_id)

    def _tree(self, bundle_id: int) -> Bundle:
        if bundle_id not in self.trees:
            groups, rules = self._groups.get(bundle_id, ()), self._rules.get(bundle_id, ())
            self.trees[bundle_id] = Bundle(
                bundle_id,
                self._names[bundle_id],
                tuple(self._option(row) for row in self._options[bundle_id]),
                tuple(
                    Group(g.pk, g.name, g.parent_id, g.min_options, g.max_options) for g in groups
                ),
                tuple(
                    Rule(
                        r.kind, r.product_id, r.product.name, r.other_id, r.other.name,
                        r.counts_owned, r.message,
                    )
                    for r in rules
                ),
            )  # fmt: skip
        return self.trees[bundle_id]

    def _option(self, row: BundleOption) -> Option:
        is_bundle = row.product.kind == ProductKind.BUNDLE
        return Option(
            product_id=row.product_id,
            name=row.product.name,
            min_quantity=row.min_quantity,
            max_quantity=row.max_quantity,
            default_quantity=row.default_quantity,
            group_id=row.group_id,
            follows_parent=row.follows_parent,
            discount_percent=row.discount_percent,
            bundle=self._tree(row.product_id) if is_bundle else None,
        )
