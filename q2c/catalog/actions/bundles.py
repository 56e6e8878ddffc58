"""What one may choose within a bundle."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection, transaction

from q2c.catalog.actions.versions import option_words, product_to_edit, publish_change
from q2c.catalog.models import BundleOption, OptionGroup, Product, ProductKind
from q2c.catalog.rules.bundles import way_to
from q2c.identity.models import User
from q2c.kernel.errors import Refused

_MOST = 9_999


@dataclass(frozen=True, kw_only=True)
class OptionDraft:
    """How a product stands in a bundle: in which group, and how many at least, at most, at first.

    `discount_percent` is what the bundle takes off its list price; where `follows_parent` is False
    the quantity stands once, however many bundles are taken.
    """

    group_id: int | None = None
    min_quantity: int = 0
    max_quantity: int = 1
    default_quantity: int = 0
    follows_parent: bool = True
    discount_percent: Decimal = Decimal(0)
    position: int | None = None


@dataclass(frozen=True, kw_only=True)
class GroupDraft:
    """A heading and how many of its options one takes; `max_options` None is as many as there are."""

    name: str
    parent_id: int | None = None
    min_options: int = 0
    max_options: int | None = None
    position: int | None = None


@transaction.atomic
def set_bundle_option(
    bundle_id: int, product_id: int, draft: OptionDraft, *, by: User | None, at: datetime
) -> BundleOption:
    """Put a product into a bundle, or change how it stands there.

    Refuses quantities out of order and a product that, at any depth, holds the bundle itself.
    """
    _one_at_a_time()
    bundle = bundle_to_edit(bundle_id, by=by)
    product = Product.objects.filter(pk=product_id).first()
    if product is None:
        raise Refused("Choose the product to put into the bundle.", field="product")
    _check_circle(bundle, product)
    _check(draft)
    _check_group(bundle, draft.group_id, field="group")
    before = bundle.options.filter(product=product).select_related("group").first()
    values = {name: value for name, value in vars(draft).items() if name != "position"}
    if draft.position is not None or before is None:
        last = bundle.options.count()
        values["position"] = last if draft.position is None else draft.position
    option, _ = BundleOption.objects.update_or_create(
        bundle=bundle, product=product, defaults=values
    )
    change = [option_words(before) if before else None, option_words(option)]
    publish_change(bundle, {f"option {product.sku}": change}, by=by, at=at)
    return option


@transaction.atomic
def remove_bundle_option(bundle_id: int, option_id: int, *, by: User | None, at: datetime) -> None:
    """Take a product out of a bundle; quotes keep what they copied."""
    bundle = product_to_edit(bundle_id, by=by)
    option = bundle.options.filter(pk=option_id).select_related("product", "group").first()
    if option is None:
        raise Refused("There is no such option; somebody may have removed it.")
    rule = bundle.option_rules.filter(product=option.product).first()
    if rule is not None:
        raise Refused(f"A rule speaks of {option.product.name}; remove the rule first.")
    was, sku = option_words(option), option.product.sku
    option.delete()
    publish_change(bundle, {f"option {sku}": [was, None]}, by=by, at=at)


@transaction.atomic
def set_option_group(
    bundle_id: int, draft: GroupDraft, *, group_id: int | None = None, by: User | None, at: datetime
) -> OptionGroup:
    """Add a group to a bundle, or change the one with this id."""
    bundle = bundle_to_edit(bundle_id, by=by)
    group = OptionGroup(bundle=bundle, position=bundle.option_groups.count())
    if group_id is not None:
        group = _group(bundle, group_id)
    was = str(group) if group_id else None
    name = draft.name.strip()
    if not 1 <= len(name) <= 100:
        raise Refused("A group's name has 1 to 100 characters.", field="name")
    if bundle.option_groups.filter(name__iexact=name).exclude(pk=group.pk).exists():
        raise Refused(f"{bundle.name} has a group “{name}” already.", field="name")
    if not 0 <= draft.min_options <= _MOST:
        raise Refused(f"Choose 0 to {_MOST}.", field="min_options")
    if draft.max_options is not None and not draft.min_options <= draft.max_options <= _MOST:
        raise Refused("The most must not be below the least.", field="max_options")
    _check_group(bundle, draft.parent_id, field="parent")
    _check_group_circle(bundle, group, draft.parent_id)
    group.name, group.parent_id = name, draft.parent_id
    group.min_options, group.max_options = draft.min_options, draft.max_options
    if draft.position is not None:
        group.position = draft.position
    group.save()
    publish_change(bundle, {f"group {name}": [was, name]}, by=by, at=at)
    return group


@transaction.atomic
def remove_option_group(bundle_id: int, group_id: int, *, by: User | None, at: datetime) -> None:
    """Take a group away; what stood in it moves to the group above."""
    bundle = product_to_edit(bundle_id, by=by)
    group = _group(bundle, group_id)
    group.options.update(group_id=group.parent_id)
    group.children.update(parent_id=group.parent_id)
    group.delete()
    publish_change(bundle, {f"group {group.name}": [group.name, None]}, by=by, at=at)


def bundle_to_edit(bundle_id: int, *, by: User | None) -> Product:
    """Return a bundle, locked; refuses other products."""
    bundle = product_to_edit(bundle_id, by=by)
    if bundle.kind != ProductKind.BUNDLE:
        raise Refused(f"{bundle.name} is no bundle, so it has no options.")
    return bundle


def _group(bundle: Product, group_id: int) -> OptionGroup:
    group = bundle.option_groups.filter(pk=group_id).first()
    if group is None:
        raise Refused("There is no such group; somebody may have removed it.")
    return group


def _one_at_a_time() -> None:
    # Else two people could close a circle between them, each seeing only their own half.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('bundle_options'))")


def _check_circle(bundle: Product, product: Product) -> None:
    parts: dict[int, set[int]] = {}
    for bundle_id, product_id in BundleOption.objects.values_list("bundle_id", "product_id"):
        parts.setdefault(bundle_id, set()).add(product_id)
    way = way_to(product.pk, bundle.pk, parts=parts)
    if way:
        names = dict(Product.objects.filter(pk__in=way).values_list("pk", "name"))
        circle = " → ".join([bundle.name, *(names[pk] for pk in way)])
        raise Refused(f"A bundle cannot stand within itself: {circle}.", field="product")


def _check_group(bundle: Product, group_id: int | None, *, field: str) -> None:
    if group_id is not None and not bundle.option_groups.filter(pk=group_id).exists():
        raise Refused(f"That is no group of {bundle.name}.", field=field)


def _check_group_circle(bundle: Product, group: OptionGroup, parent_id: int | None) -> None:
    if group.pk is None or parent_id is None:
        return
    parts: dict[int, set[int]] = {}
    for above, below in bundle.option_groups.exclude(parent=None).values_list("parent_id", "id"):
        parts.setdefault(above or 0, set()).add(below)
    if way_to(group.pk, parent_id, parts=parts):
        raise Refused("A group cannot stand within itself.", field="parent")


def _check(draft: OptionDraft) -> None:
    if not 0 <= draft.min_quantity <= draft.max_quantity <= _MOST:
        raise Refused(
            f"The most must not be below the least, nor above {_MOST}.", field="max_quantity"
        )
    if not draft.min_quantity <= draft.default_quantity <= draft.max_quantity:
        raise Refused(
            f"Start with {draft.min_quantity} to {draft.max_quantity}.", field="default_quantity"
        )
    if not 0 <= draft.discount_percent <= 100:
        raise Refused("A discount lies between 0 and 100 per cent.", field="discount_percent")
