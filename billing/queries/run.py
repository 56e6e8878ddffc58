"""What came out of a billing run, counted from the shards that are committed."""

from decimal import Decimal
from typing import Any

from billing.models import BillingRun, BillingShard, RunOutcome

MOST_SHOWN = 200


def run_totals(run_id: int) -> dict[str, Any]:
    """Return a run's counts, its sums by currency as decimal strings, and who could not be billed.

    `net`, `tax` and `total` stand at the top as well when there is one currency.
    """
    run = BillingRun.objects.get(pk=run_id)
    shards = list(BillingShard.objects.filter(run=run))
    sums: dict[str, dict[str, Any]] = {}
    for shard in shards:
        for currency, found in shard.totals.items():
            row = sums.setdefault(currency, {"invoices": 0, "net": Decimal(0), "tax": Decimal(0)})
            row["invoices"] += found["count"]
            row["net"] += Decimal(found["net"])
            row["tax"] += Decimal(found["tax"])
    for row in sums.values():
        row["total"] = row["net"] + row["tax"]
    totals = {
        currency: {name: value if name == "invoices" else str(value) for name, value in row.items()}
        for currency, row in sorted(sums.items())
    }
    only = next(iter(totals.values())) if len(totals) == 1 else {}
    outcomes = RunOutcome.objects.filter(run=run).select_related("customer").order_by("id")
    return {
        "run": run.pk,
        "on": run.on.isoformat(),
        "posted": run.post,
        "invoices": sum(row["invoices"] for row in sums.values()),
        "net": only.get("net", "0.00" if not totals else None),
        "tax": only.get("tax", "0.00" if not totals else None),
        "total": only.get("total", "0.00" if not totals else None),
        "totals": totals,
        "failed": outcomes.count(),
        "findings": [
            {"customer": row.customer.number, "name": row.customer.legal_name, "reason": row.reason}
            for row in outcomes[:MOST_SHOWN]
        ],
        "shards": len(shards),
        "shards_done": sum(1 for shard in shards if shard.done_at),
    }
