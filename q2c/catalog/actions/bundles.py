"""What one may choose within a bundle."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from q2c.catalog.actions.versions import option_words, product_to_edit, publish_change
from q2c.catalog.models import BundleOption, Product, ProductKind
from q2c.catalog.rules.bundles import holds
from q2c.identity.models import User
from q2c.kernel.errors import Refused

_MOST = 9_999


@dataclass(frozen=True, kw_only=True)
class OptionDraft:
    """How a product stands in a bundle: in which group, and how many at least, at most, at first."""

    group: str = ""
    min_quantity: int = 0
    max_quantity: int = 1
    default_quantity: int = 0
    position: int | None = None


@transaction.atomic
def set_bundle_option(
    bundle_id: int, product_id: int, draft: OptionDraft, *, by: User | None, at: datetime
) -> BundleOption:
    """Put a product into a bundle, or change how it stands there.

    Refuses quantities out of order and a product that, at any depth, holds the bundle itself.
    """
    _one_at_a_time()
    bundle = product_to_edit(bundle_id, by=by)
    if bundle.kind != ProductKind.BUNDLE:
        raise Refused(f"{bundle.name} is no bundle, so it has no options.")
    product = Product.objects.filter(pk=product_id).first()
    if product is None:
        raise Refused("Choose the product to put into the bundle.", field="product")
    if holds(product.pk, bundle.pk, parts=_parts()):
        raise Refused(
            f"{product.name} holds {bundle.name} itself: a bundle cannot stand within itself.",
            field="product",
        )
    _check(draft)
    before = bundle.options.filter(product=product).first()
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
    option = bundle.options.filter(pk=option_id).select_related("product").first()
    if option is None:
        raise Refused("There is no such option; somebody may have removed it.")
    was, sku = option_words(option), option.product.sku
    option.delete()
    publish_change(bundle, {f"option {sku}": [was, None]}, by=by, at=at)


def _one_at_a_time() -> None:
    # Else two people could close a circle between them, each seeing only their own half.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('bundle_options'))")


def _parts() -> dict[int, set[int]]:
    parts: dict[int, set[int]] = {}
    for bundle_id, product_id in BundleOption.objects.values_list("bundle_id", "product_id"):
        parts.setdefault(bundle_id, set()).add(product_id)
    return parts


def _check(draft: OptionDraft) -> None:
    if len(draft.group) > 100:
        raise Refused("At most 100 characters, please.", field="group")
    if not 0 <= draft.min_quantity <= draft.max_quantity <= _MOST:
        raise Refused(
            f"The most must not be below the least, nor above {_MOST}.", field="max_quantity"
        )
    if not draft.min_quantity <= draft.default_quantity <= draft.max_quantity:
        raise Refused(
            f"Start with {draft.min_quantity} to {draft.max_quantity}.", field="default_quantity"
        )
