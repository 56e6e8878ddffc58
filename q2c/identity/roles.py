"""Roles and what each may do. One person has one role; the table is the whole policy."""

from enum import StrEnum


class Role(StrEnum):
    """What a person does in the company."""

    SALES_REP = "sales_rep"
    SALES_MANAGER = "sales_manager"
    LEGAL = "legal"
    FINANCE = "finance"
    FINANCE_MANAGER = "finance_manager"
    ADMINISTRATOR = "administrator"

    @property
    def label(self) -> str:
        return self.value.replace("_", " ").capitalize()


class Permission(StrEnum):
    """Something a person may do, or see."""

    VIEW_CUSTOMERS = "view_customers"
    EDIT_CUSTOMERS = "edit_customers"
    VIEW_CATALOG = "view_catalog"
    EDIT_CATALOG = "edit_catalog"
    VIEW_QUOTES = "view_quotes"
    VIEW_ALL_QUOTES = "view_all_quotes"
    EDIT_QUOTES = "edit_quotes"
    APPROVE_QUOTES = "approve_quotes"
    VIEW_CONTRACTS = "view_contracts"
    EDIT_CONTRACTS = "edit_contracts"
    APPROVE_CONTRACTS_LEGAL = "approve_contracts_legal"
    APPROVE_CONTRACTS_FINANCE = "approve_contracts_finance"
    COUNTERSIGN_CONTRACTS = "countersign_contracts"
    VIEW_ORDERS = "view_orders"
    FULFIL_ORDERS = "fulfil_orders"
    MANAGE_SUBSCRIPTIONS = "manage_subscriptions"
    RECORD_USAGE = "record_usage"
    VIEW_INVOICES = "view_invoices"
    RUN_BILLING = "run_billing"
    ISSUE_CREDITS = "issue_credits"
    RECORD_PAYMENTS = "record_payments"
    REFUND_PAYMENTS = "refund_payments"
    MANAGE_COLLECTIONS = "manage_collections"
    VIEW_LEDGER = "view_ledger"
    RECOGNISE_REVENUE = "recognise_revenue"
    CLOSE_PERIODS = "close_periods"
    VIEW_MARGIN = "view_margin"
    VIEW_OPERATIONS = "view_operations"
    MANAGE_SETTINGS = "manage_settings"
    MANAGE_API_KEYS = "manage_api_keys"
    MANAGE_USERS = "manage_users"

    @property
    def words(self) -> str:
        """What it lets a person do, as the end of “you may …”."""
        what, _, desk = self.value.replace("_", " ").partition(" contracts ")
        return f"{what} contracts for {desk}" if desk else what


P = Permission
_LOOK = {P.VIEW_CUSTOMERS, P.VIEW_CATALOG, P.VIEW_QUOTES, P.VIEW_CONTRACTS, P.VIEW_ORDERS}
_SALES = _LOOK | {P.EDIT_CUSTOMERS, P.EDIT_QUOTES, P.VIEW_INVOICES, P.VIEW_MARGIN}
_FINANCE = _LOOK | {
    P.EDIT_CUSTOMERS,
    P.VIEW_ALL_QUOTES,
    P.VIEW_MARGIN,
    P.APPROVE_CONTRACTS_FINANCE,
    P.COUNTERSIGN_CONTRACTS,
    P.FULFIL_ORDERS,
    P.MANAGE_SUBSCRIPTIONS,
    P.RECORD_USAGE,
    P.VIEW_INVOICES,
    P.RUN_BILLING,
    P.ISSUE_CREDITS,
    P.RECORD_PAYMENTS,
    P.MANAGE_COLLECTIONS,
    P.VIEW_LEDGER,
    P.VIEW_OPERATIONS,
}
_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.SALES_REP: frozenset(_SALES),
    Role.SALES_MANAGER: frozenset(
        _SALES | {P.VIEW_ALL_QUOTES, P.APPROVE_QUOTES, P.EDIT_CATALOG, P.EDIT_CONTRACTS}
    ),
    Role.LEGAL: frozenset(
        _LOOK
        | {
            P.VIEW_ALL_QUOTES,
            P.APPROVE_QUOTES,
            P.EDIT_CONTRACTS,
            P.APPROVE_CONTRACTS_LEGAL,
            P.COUNTERSIGN_CONTRACTS,
        }
    ),
    Role.FINANCE: frozenset(_FINANCE),
    Role.FINANCE_MANAGER: frozenset(
        _FINANCE
        | {
            P.REFUND_PAYMENTS,
            P.RECOGNISE_REVENUE,
            P.CLOSE_PERIODS,
            P.EDIT_CATALOG,
            P.EDIT_CONTRACTS,
            P.APPROVE_QUOTES,
        }
    ),
    Role.ADMINISTRATOR: frozenset(Permission),
}


def permissions_of(role: Role) -> frozenset[Permission]:
    """Return all that the role may do."""
    return _PERMISSIONS[role]


def roles_with(permission: Permission) -> list[Role]:
    """Return the roles that hold a permission, to tell people whom to ask."""
    return [role for role in Role if permission in _PERMISSIONS[role]]
