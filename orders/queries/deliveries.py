"""What is to be delivered, what is reserved for whom, and what was given up."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import ExpressionWrapper, F, Q, QuerySet, Sum
from django.db.models.fields import DecimalField

from orders.models import ClosedLine, Closing, Kit, Order, OrderLine
from orders.rules.states import OrderState
from q2c.kernel.money import round_amount

# Goods of a line that are neither shipped nor given up.
GOODS_LEFT = Q(kind="goods", quantity__gt=F("shipped_quantity") + F("closed_quantity"))
_LEFT = ExpressionWrapper(
    F("quantity") - F("shipped_quantity") - F("closed_quantity"),
    DecimalField(max_digits=18, decimal_places=6),
)


@dataclass(frozen=True, slots=True)
class OrderedGoods:
    """Goods of an order: `kept` of `quantity` were not given up; `net` is the price of all."""

    order_line_id: int
    description: str
    currency: str
    quantity: Decimal
    kept: Decimal
    net: Decimal


def goods_of(contract_id: int) -> list[OrderedGoods]:
    """Return the goods ordered by a contract and by its amendments, oldest first."""
    lines = OrderLine.objects.filter(
        Q(order__contract_id=contract_id) | Q(order__contract__amends_id=contract_id), kind="goods"
    )
    return [
        OrderedGoods(
            line.pk,
            line.description,
            line.order.currency,
            line.quantity,
            Decimal(0) if line.order.state == OrderState.CANCELLED.value else line.delivery.kept,
            line.net_per_period,
        )
        for line in lines.select_related("order").order_by("order_id", "position")
    ]


def to_ship() -> QuerySet[Order]:
    """Return open orders with goods that wait to be shipped, oldest first."""
    waiting = OrderLine.objects.filter(GOODS_LEFT)
    return (
        Order.objects.filter(state=OrderState.OPEN.value, pk__in=waiting.values("order_id"))
        .select_related("customer")
        .order_by("created_at")
    )


def reservations(product_id: int) -> QuerySet[OrderLine]:
    """Return the lines of open orders that hold some of a product, oldest first, with `left`."""
    lines = OrderLine.objects.filter(
        GOODS_LEFT, product_id=product_id, order__state=OrderState.OPEN.value
    )
    return lines.annotate(left=_LEFT).select_related("order__customer").order_by("order_id", "pk")


def reserved(product_id: int) -> Decimal:
    """Return how many of a product open orders hold."""
    total: Decimal | None = reservations(product_id).aggregate(Sum("left"))["left__sum"]
    return total or Decimal(0)


def lines_under_kits(order: Order) -> list[Kit | OrderLine]:
    """Return an order's lines by their places, the parts of a kit behind the kit itself."""
    rows: list[Kit | OrderLine] = [*order.kits.all(), *order.lines.all()]
    return sorted(rows, key=lambda row: row.position)


def closings() -> QuerySet[Closing]:
    """Return what was given up, with its order, its lines and who did it."""
    return Closing.objects.select_related("order__customer", "closed_by").prefetch_related(
        "lines__order_line"
    )


def orders_of(customer_id: int, *, limit: int = 50) -> QuerySet[Order]:
    """Return a customer's newest orders with all that tells how far they are delivered."""
    orders = Order.objects.filter(customer_id=customer_id).order_by("-ordered_on", "-pk")
    return orders.prefetch_related(
        "lines", "kits__parts", "shipments__lines__order_line", "closings__lines__order_line"
    )[:limit]


def closed_services(closing_id: int) -> tuple[str, list[int]]:
    """Return the number of a closing's order and the ids of its lines of services given up."""
    rows = ClosedLine.objects.filter(closing_id=closing_id).exclude(order_line__kind="goods")
    number = Order.objects.values_list("number", flat=True).get(closings=closing_id)
    return number, list(rows.values_list("order_line_id", flat=True))


def closed_value(line: OrderLine, currency: str) -> Decimal:
    """Return what of a line's agreed net is never charged, because it was given up.

    Running totals subtracted, rounded half up to the currency: as shipments are charged.
    """
    if not line.closed_quantity:
        return Decimal(0)
    kept = round_amount(line.net_per_period * line.delivery.kept / line.quantity, currency)
    return line.net_per_period - kept


def closed_net(closing: Closing) -> Decimal:
    """Return about what was given up at once would have cost, net, each line rounded half up."""
    currency = closing.order.currency
    return sum(
        (
            round_amount(
                row.order_line.net_per_period * row.quantity / row.order_line.quantity, currency
            )
            for row in closing.lines.all()
        ),
        Decimal(0),
    )
