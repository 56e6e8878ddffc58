"""Contracts for programs.

A key approves and countersigns only with the scope `contracts:approve`, as a user who may and who
does not own the contract.
"""

from decimal import Decimal
from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from rest_framework import serializers

from contracts import actions
from contracts.api.final_text import FinalTexts
from contracts.models import ClauseVersion, Contract, ContractApproval, ContractClause
from contracts.queries import visible_to
from contracts.queries.clauses import deviating, using
from contracts.queries.final_text import awaiting_customer
from contracts.rules.states import ContractState
from q2c.api.fields import Amount, Id, Input
from q2c.api.filters import Filter, days, instants, number, one_of, search, text, truth
from q2c.api.history import WithHistory
from q2c.api.resources import download, verb
from q2c.identity.roles import Permission
from quotes.queries import RenewalBasis, RenewalMethod

_FIELDS = [
    "id", "number", "state", "title", "customer_id", "legal_entity_id", "quote_id", "owner_id",
    "renews_id", "amends_id", "currency", "total", "monthly_total", "starts_on", "ends_on", "term_months",
    "payment_terms_days", "auto_renew", "renewal_method", "renewal_uplift_percent",
    "renewal_basis", "notice_days", "content_hash", "customer_signed_by",
    "customer_signed_at", "countersigned_by_id", "countersigned_at", "terminated_on",
    "termination_reason", "created_at",
]  # fmt: skip


class ContractSummarySerializer(serializers.ModelSerializer):
    """A contract; it holds from `starts_on` up to, not including, `ends_on`."""

    customer_id = serializers.IntegerField()
    legal_entity_id = serializers.IntegerField()
    quote_id = serializers.IntegerField()
    owner_id = serializers.IntegerField()
    renews_id = serializers.IntegerField(allow_null=True)
    amends_id = serializers.IntegerField(allow_null=True)
    countersigned_by_id = serializers.IntegerField(allow_null=True)
    total = Amount()
    monthly_total = Amount()

    class Meta:
        model = Contract
        fields = _FIELDS
        read_only_fields = fields


class ContractApprovalSerializer(serializers.ModelSerializer):
    """A desk's word on the text with this hash; on an earlier text it counts no more."""

    decided_by_id = serializers.IntegerField(allow_null=True)

    class Meta:
        model = ContractApproval
        fields = [
            "desk", "reason", "state", "content_hash", "decided_by_id", "decided_at", "comment",
        ]  # fmt: skip
        read_only_fields = fields


class ClauseSerializer(serializers.Serializer):
    title = serializers.CharField()
    body = serializers.CharField()


class ClauseVersionReference(serializers.ModelSerializer):
    """A version of a clause of the library."""

    clause_id = serializers.IntegerField()

    class Meta:
        model = ClauseVersion
        fields = ["clause_id", "number"]
        read_only_fields = fields


class ContractClauseSerializer(serializers.ModelSerializer):
    """What stands at a place of the text: `used`, nothing where it was left out.

    It deviates where `used` is not the `standard` that its template gave it.
    """

    standard = ClauseVersionReference()
    used = ClauseVersionReference(allow_null=True)
    changed_by_id = serializers.IntegerField(allow_null=True)

    class Meta:
        model = ContractClause
        fields = ["position", "standard", "used", "reason", "changed_by_id", "changed_at"]
        read_only_fields = fields


class ContractSerializer(ContractSummarySerializer):
    """A contract with its text, the clauses it is made of, and the word of each desk."""

    body = ClauseSerializer(many=True)
    clauses = ContractClauseSerializer(many=True)
    approvals = ContractApprovalSerializer(many=True)

    class Meta(ContractSummarySerializer.Meta):
        fields = [*_FIELDS, "body", "clauses", "approvals"]
        read_only_fields = fields


class ApproveInput(Input):
    """With `content_hash`, a text that was changed since it was read is not approved."""

    desk = serializers.ChoiceField(["finance", "legal"])
    comment = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    content_hash = serializers.CharField(max_length=64, required=False)


class RefuseInput(Input):
    """Without a desk, who countersigns refuses what all desks approved."""

    desk = serializers.ChoiceField(["finance", "legal"], required=False)
    comment = serializers.CharField(max_length=2000)


class SwapInput(Input):
    """`clause_id` is a listed alternate of the standard clause there, or that clause itself again;
    null leaves the place empty. With `content_hash`, only the text that was read is changed.
    """

    position = serializers.IntegerField(min_value=0, max_value=32_000)
    clause_id = Id(allow_null=True)
    reason = serializers.CharField(max_length=500)
    content_hash = serializers.CharField(max_length=64, required=False)


class TerminateInput(Input):
    """`on` is the first day without the contract."""

    on = serializers.DateField()
    reason = serializers.CharField(max_length=2000)


class RenewalTermsInput(Input):
    """How the contract is renewed; without `term_months` for as long as it was concluded."""

    method = serializers.ChoiceField([m.value for m in RenewalMethod])
    uplift_percent = serializers.DecimalField(max_digits=7, decimal_places=4, default=Decimal(0))
    basis = serializers.ChoiceField(
        [b.value for b in RenewalBasis], default=RenewalBasis.LAST_SEGMENT.value
    )
    term_months = serializers.IntegerField(min_value=1, max_value=120, required=False)


def _matching(rows: QuerySet[Contract], words: str) -> QuerySet[Contract]:
    for word in words.split():
        rows = rows.filter(
            Q(number__icontains=word)
            | Q(title__icontains=word)
            | Q(customer__legal_name__icontains=word)
        )
    return rows


def _deviating(rows: QuerySet[Contract], deviates: bool) -> QuerySet[Contract]:  # noqa: FBT001
    return deviating(rows, deviates=deviates)


def _awaiting(rows: QuerySet[Contract], awaits: bool) -> QuerySet[Contract]:  # noqa: FBT001
    return awaiting_customer(rows, awaits=awaits)


class Contracts(FinalTexts, WithHistory):
    """What was agreed with customers."""

    scope = "contracts"
    permission = Permission.VIEW_CONTRACTS
    document = "contract"
    serializer_class = ContractSerializer
    summary_class = ContractSummarySerializer
    filters = {
        "q": search(_matching),
        "number": text("number"),
        "state": one_of("state", [state.value for state in ContractState]),
        "customer_id": number("customer_id"),
        "quote_id": number("quote_id"),
        "owner_id": number("owner_id"),
        "starts_on": days("starts_on"),
        "ends_on": days("ends_on"),
        "created": instants("created_at"),
        "deviates": Filter("", truth("").read, {"type": "boolean"}, narrow=_deviating),
        "awaits_customer": Filter("", truth("").read, {"type": "boolean"}, narrow=_awaiting),
        "clause_id": Filter("", number("").read, {"type": "integer"}, narrow=using),
    }

    def rows(self) -> QuerySet[Contract]:
        return visible_to(self.by)

    def whole(self, rows: QuerySet[Contract]) -> QuerySet[Contract]:
        clauses = ContractClause.objects.select_related("standard", "used")
        rows = rows.select_related("customer", "legal_entity")
        return rows.prefetch_related("approvals", Prefetch("clauses", clauses))

    @download("application/pdf")
    def pdf(self, contract: Contract) -> Any:
        """Get the signed PDF, byte for byte."""
        return contract.signed_document.content if contract.signed_document else None

    @verb("contracts:approve", takes=ApproveInput)
    def approve(self, contract: Contract, data: dict[str, Any]) -> None:
        """Give a desk's word; the last one makes the contract approved."""
        seen = data.pop("content_hash", "")
        actions.approve_contract(contract.pk, by=self.by, at=self.at, seen_hash=seen, **data)

    @verb("contracts:write", takes=SwapInput)
    def swap_clause(self, contract: Contract, data: dict[str, Any]) -> None:
        """Swap a clause for a listed alternate, leave it out, or put it back."""
        swap = actions.Swap(seen_hash=data.pop("content_hash", ""), **data)
        actions.swap_clause(contract.pk, swap, by=self.by, at=self.at)

    @verb("contracts:approve", takes=RefuseInput)
    def refuse(self, contract: Contract, data: dict[str, Any]) -> None:
        """Refuse a contract, with the reason; it ends there."""
        if "desk" in data:
            actions.refuse_contract(contract.pk, by=self.by, at=self.at, **data)
        else:
            actions.refuse_countersignature(contract.pk, by=self.by, at=self.at, **data)

    @verb("contracts:approve")
    def countersign(self, contract: Contract) -> None:
        """Sign for our side; the order follows at once."""
        actions.countersign_contract(contract.pk, by=self.by, at=self.at)

    @verb("contracts:write", takes=RenewalTermsInput, path="renewal-terms")
    def keep_renewal_terms(self, contract: Contract, data: dict[str, Any]) -> None:
        """Say how the contract is renewed from now on; `subscriptions/{id}/renew` drafts it."""
        terms = actions.RenewalTerms(
            method=RenewalMethod(data.pop("method")), basis=RenewalBasis(data.pop("basis")), **data
        )
        actions.change_renewal_terms(contract.pk, terms, by=self.by, at=self.at)

    @verb("contracts:write", takes=TerminateInput)
    def terminate(self, contract: Contract, data: dict[str, Any]) -> None:
        """End a signed contract before its time."""
        actions.terminate_contract(contract.pk, by=self.by, at=self.at, **data)
