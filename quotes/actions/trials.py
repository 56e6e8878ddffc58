"""Try a price rule on quotes of the past, in a job that a worker goes on with."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.jobs import enqueue
from q2c.infra.locks import locked
from q2c.kernel.errors import Refused
from quotes.models import PriceRule, Quote, RuleTrial
from quotes.queries import pricing_day, replay, rules_with, stopped_by
from quotes.rules.pricing import Totals

JOB = "quotes.rule_trial"
_AT_ONCE, _MOST = 25, 5000


@transaction.atomic
def try_price_rule(rule_id: int, *, last: int, by: User, at: datetime) -> RuleTrial:
    """Price the last quotes with and without a rule; a worker does it when they are many.

    Before are the rules in force, after the same with this one; both as of each quote's own day.
    """
    require(by, Permission.EDIT_CATALOG)
    rule = PriceRule.objects.filter(pk=rule_id).first()
    if rule is None:
        raise Refused("There is no such rule; somebody may have removed it.")
    if not 1 <= last <= _MOST:
        raise Refused(f"Try it on 1 to {_MOST:,} quotes.", field="last")
    found = Quote.objects.exclude(state__in=["cancelled", "superseded"]).order_by("-pk")
    ids = list(found.values_list("pk", flat=True)[:last])
    trial = RuleTrial.objects.create(
        rule=rule, quote_ids=ids, total=len(ids), started_by=by, started_at=at
    )
    if len(ids) <= _AT_ONCE:
        return go_on_with_trial(trial.pk, at=at)
    _ask(trial, at=at)
    return trial


@transaction.atomic
def go_on_with_trial(trial_id: int, *, at: datetime) -> RuleTrial:
    """Price the next quotes of a trial and ask for the rest; safe to run twice."""
    trial = locked(RuleTrial, trial_id)
    before, after = rules_with(None), rules_with(trial.rule)
    if trial.rule.is_active:
        before = [rule for rule in after if rule.pk != trial.rule_id]
    now, trial.quote_ids = trial.quote_ids[:_AT_ONCE], trial.quote_ids[_AT_ONCE:]
    quotes = Quote.objects.select_related("customer", "legal_entity").in_bulk(now)
    for pk in now:
        trial.rows.append(_row(quotes[pk], before, after))
    if not trial.quote_ids and trial.finished_at is None:
        trial.finished_at = at
    trial.save()
    if trial.quote_ids:
        _ask(trial, at=at)
    return trial


def _ask(trial: RuleTrial, *, at: datetime) -> None:
    key = f"{trial.pk}-{len(trial.quote_ids)}"
    enqueue(JOB, key=key, payload={"trial_id": trial.pk}, at=at)


def _row(quote: Quote, before: list[PriceRule], after: list[PriceRule]) -> dict[str, Any]:
    row: dict[str, Any] = {
        "quote_id": quote.pk,
        "number": quote.number,
        "label": str(quote),
        "customer": quote.customer.legal_name,
        "currency": quote.currency,
    }
    try:
        then = replay(quote, before, on=pricing_day(quote))
        now = replay(quote, after, on=pricing_day(quote))
    except Refused as refusal:  # an old quote may hold what is refused today
        total = str(quote.contract_total)
        return {**row, "before": total, "after": total, "problem": refusal.message}
    return {
        **row,
        "before": str(then.totals.contract.amount),
        "after": str(now.totals.contract.amount),
        "margin_before": _margin(then.totals),
        "margin_after": _margin(now.totals),
        "stopped": "; ".join(sorted(stopped_by(now) - stopped_by(then))),
    }


def _margin(totals: Totals) -> str | None:
    margin = totals.margin_percent
    return None if margin is None else str(margin.quantize(Decimal("0.1")))
