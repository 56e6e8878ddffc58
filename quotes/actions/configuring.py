"""Choose within the bundles of a draft, and hold the draft to what a bundle allows."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from q2c.catalog.bundles import bundle_trees, owned_products, settled_options
from q2c.catalog.models import Product, ProductKind
from q2c.catalog.rules.configuring import (
    Bundle,
    Configuration,
    Path,
    Taken,
    configure,
    options_by_path,
    walk,
)
from q2c.identity.models import User
from q2c.kernel.errors import Refused
from q2c.kernel.rating import plain
from quotes.actions.bundling import (
    NewLine,
    check_sold,
    head_line,
    option_lines,
    take_off,
    write_below,
)
from quotes.actions.drafting import draft_of, saved
from quotes.actions.ordering import next_position, renumber
from quotes.actions.repricing import price_amounts, reprice
from quotes.models import Quote, QuoteLine
from quotes.rules.stacking import combined_discount


def add_bundle(quote: Quote, bundle: Product, new: NewLine) -> QuoteLine:
    """Write a bundle's own line and, under it, one for each option taken, at every depth."""
    taken = configured(quote, bundle, new).checked()
    lines = option_lines(quote, taken, discount_percent=new.discount_percent)
    head = head_line(quote, bundle, new.quantity, next_position(quote))
    head.discount_percent = new.discount_percent
    head.save()
    write_below(head, lines, position=head.position + 1)
    return head


@transaction.atomic
def reconfigure_bundle(
    line_id: int, new: NewLine, *, by: User, at: datetime, seen: int | None = None
) -> QuoteLine:
    """Choose anew within a bundle of a draft: quantity and options.

    Options that stay keep their discount and words; refuses with all that is wrong at once.
    """
    head = QuoteLine.objects.filter(pk=line_id).select_related("product").first()
    if head is None:
        raise Refused("This line was removed meanwhile. Reload the page to see the quote.")
    quote = draft_of(head.quote_id, by=by, seen=seen)
    if head.kind != ProductKind.BUNDLE or head.product is None or _is_inside(head):
        raise Refused("Choose the options on the bundle's own line.")
    changes = choose_anew(quote, head, new)
    reprice(quote)
    saved(quote, by=by, at=at, changes=changes)
    return quote.lines.get(pk=head.pk)


def choose_anew(quote: Quote, head: QuoteLine, new: NewLine) -> dict[str, list[str]]:
    """Give a bundle's line other options and quantity, prices not yet; returns the history's words."""
    assert head.product is not None, "a bundle is a product"
    taken = configured(quote, head.product, new).checked()
    lines = option_lines(quote, taken, discount_percent=head.discount_percent)
    before = lines_by_path(head, quote.lines.all())
    gone = [line.pk for path, line in before.items() if path not in lines]
    for path in lines.keys() & before.keys():
        before[path].quantity = lines[path].quantity
        lines[path] = before[path]
    kept = [line for line in lines.values() if line.pk]
    QuoteLine.objects.bulk_update(kept, ["quantity"])
    was, head.quantity = head.quantity, new.quantity
    head.save(update_fields=["quantity"])
    write_below(head, lines, position=next_position(quote))
    QuoteLine.objects.filter(pk__in=gone).delete()
    rank = {line.pk: place for place, line in enumerate(lines.values())}
    order = sorted(
        quote.lines.all(), key=lambda line: (rank.get(line.pk, len(rank)), line.position)
    )
    renumber(quote, order)
    return {head.description: [_words(was, before.values()), _words(head.quantity, lines.values())]}


def configured(quote: Quote, bundle: Product, new: NewLine) -> Configuration:
    """Return what the choice holds for the quote's customer, and all that is wrong with it."""
    tree = bundle_trees([bundle.pk])[bundle.pk]
    return configure(tree, new.options, quantity=new.quantity, owned=_owned(quote))


def preview(quote: Quote, bundle: Product, new: NewLine) -> tuple[Configuration, Quote | None]:
    """Return a choice and, unless something in it has no price, an unsaved quote with its totals."""
    configuration = configured(quote, bundle, new)
    try:
        lines = option_lines(quote, configuration.taken, discount_percent=new.discount_percent)
    except Refused:
        return configuration, None
    alone = Quote(
        currency=quote.currency,
        starts_on=quote.starts_on,
        term_months=quote.term_months,
        discount_percent=quote.discount_percent,
    )
    price_amounts(list(lines.values()), alone)
    return configuration, alone


def scale(head: QuoteLine, quantity: Decimal, lines: Iterable[QuoteLine]) -> None:
    """Give the options of a bundle the quantities that so many bundles hold; saves nothing."""
    assert head.product_id is not None, "a bundle is a product"
    tree = bundle_trees([head.product_id])[head.product_id]
    found = lines_by_path(head, lines)
    taken = configure(tree, _chosen(head, found, tree), quantity=quantity).taken
    totals = {one.path: one.quantity for one in walk(taken)}
    for path, line in found.items():
        # What is no option any more still follows its bundle.
        line.quantity = round(totals.get(path, line.quantity * quantity / head.quantity), 6)


def take_off_in_bundle(head: QuoteLine, lines: Iterable[QuoteLine], taken: Iterable[Taken]) -> None:
    """Make the list prices of a bundle's lines what they are within it, ramps whole; saves nothing."""
    lines = list(lines)
    found = lines_by_path(head, lines)
    off: dict[Path, Decimal] = {(): Decimal(0)}
    for one in walk(taken):
        off[one.path] = combined_discount(off[one.path[:-1]], one.option.discount_percent)
        first = found[one.path]
        for line in lines:
            if first.pk in (line.pk, line.ramp_of_id):
                take_off(line, off[one.path])


def check_bundles_of(
    changed: Iterable[QuoteLine], quote: Quote, lines: Sequence[QuoteLine], *, field: str
) -> None:
    """Refuse a change of lines that breaks the bundles in which they stand."""
    heads = {_outermost(line) for line in changed}
    _check([head for head in heads if head.kind == ProductKind.BUNDLE], quote, lines, field=field)


def check_offer(quote: Quote, lines: list[QuoteLine]) -> None:
    """Refuse to offer what is no longer sold, or a bundle that no longer holds together.

    A renewal or an amendment carries on what was agreed, whatever became of the products.
    """
    if _replaced(quote) is not None:
        return
    for product in Product.objects.filter(pk__in={line.product_id for line in lines}):
        check_sold(product, quote)
    heads = [line for line in lines if line.kind == ProductKind.BUNDLE and not _is_inside(line)]
    _check(heads, quote, lines, field="lines")


def broken_bundle(quote: Quote, lines: Sequence[QuoteLine]) -> QuoteLine | None:
    """Return the head of a bundle that these lines, which are all that is taken, leave broken.

    None too where none of what bundles hold is up to the customer by itself.
    """
    by_id = {line.pk: line for line in lines}
    inside = [line for line in lines if line.parent_id in by_id]
    if _replaced(quote) is not None or not inside:
        return None
    heads = [
        line for line in lines if line.kind == ProductKind.BUNDLE and line.parent_id not in by_id
    ]
    trees, owned = bundle_trees(line.product_id or 0 for line in heads), _owned(quote)
    for head in heads:
        tree = trees[head.product_id or 0]
        chosen = chosen_of(head, lines, tree)
        if configure(tree, chosen, quantity=head.quantity, owned=owned).violations:
            return head
    return None


def lines_by_path(head: QuoteLine, lines: Iterable[QuoteLine]) -> dict[Path, QuoteLine]:
    """Return the lines under a bundle by their path; of a ramp the first segment."""
    within: dict[int | None, list[QuoteLine]] = {}
    for line in lines:
        if line.product_id and not _is_extra(line):
            within.setdefault(line.parent_id, []).append(line)
    return dict(_below(head, within, ()))


def _below(
    head: QuoteLine, within: Mapping[int | None, Sequence[QuoteLine]], above: Path
) -> Iterator[tuple[Path, QuoteLine]]:
    for line in within.get(head.pk, ()):
        assert line.product_id is not None, "only products stand within bundles"
        path = (*above, line.product_id)
        yield path, line
        yield from _below(line, within, path)


def held_lines(lines: Sequence[QuoteLine]) -> set[int]:
    """Return the lines whose quantity their bundle settles: as much at least as at most."""
    heads = {
        line.pk: line.product_id
        for line in lines
        if line.kind == ProductKind.BUNDLE and line.product_id
    }
    settled = settled_options(heads.values()) if heads else set()
    return {
        line.pk
        for line in lines
        if not _is_extra(line) and (heads.get(line.parent_id or 0), line.product_id) in settled
    }


def chosen_of(head: QuoteLine, lines: Iterable[QuoteLine], tree: Bundle) -> dict[Path, Decimal]:
    """Return what a bundle's lines choose in each bundle; options without a line are at zero."""
    return _chosen(head, lines_by_path(head, lines), tree)


def chosen_options(head: QuoteLine, lines: Iterable[QuoteLine]) -> dict[Path, Decimal]:
    """Return what a bundle's lines choose, of the bundle as it is today."""
    assert head.product_id is not None, "a bundle is a product"
    return chosen_of(head, lines, bundle_trees([head.product_id])[head.product_id])


def _chosen(head: QuoteLine, found: Mapping[Path, QuoteLine], tree: Bundle) -> dict[Path, Decimal]:
    options = options_by_path(tree)
    chosen = dict.fromkeys(options, Decimal(0))
    for path, line in found.items():
        option = options.get(path)
        above = found.get(path[:-1], head)
        follows = option is None or option.follows_parent
        chosen[path] = line.quantity / above.quantity if follows else line.quantity
    return chosen


def _check(
    heads: Collection[QuoteLine], quote: Quote, lines: Sequence[QuoteLine], *, field: str
) -> None:
    if not heads:
        return
    trees, owned = bundle_trees(head.product_id or 0 for head in heads), _owned(quote)
    for head in heads:
        tree = trees[head.product_id or 0]
        chosen = chosen_of(head, lines, tree)
        configure(tree, chosen, quantity=head.quantity, owned=owned).checked(field=field)


def _outermost(line: QuoteLine) -> QuoteLine:
    while line.parent is not None and line.parent.kind == ProductKind.BUNDLE:
        line = line.parent
    return line


def _owned(quote: Quote) -> frozenset[int]:
    return owned_products(quote.customer_id, on=quote.starts_on, apart_from=_replaced(quote))


def _replaced(quote: Quote) -> int | None:
    """Return the contract that the quote renews or amends."""
    return quote.renews_contract_id or quote.amends_contract_id


def _is_inside(line: QuoteLine) -> bool:
    return line.parent is not None and line.parent.kind == ProductKind.BUNDLE


def _is_extra(line: QuoteLine) -> bool:
    return line.is_adjustment or bool(line.ramp_of_id or line.setup_of_id)


def _words(quantity: Decimal, lines: Iterable[QuoteLine]) -> str:
    parts = ", ".join(f"{plain(line.quantity)} × {line.description}" for line in lines)
    return f"{plain(quantity)}: {parts}"
