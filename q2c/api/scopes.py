"""What a key may be made for. A key does what its user may do, within its scopes."""

SCOPES = {
    "customers:read": "Read customers",
    "customers:write": "Create and change customers",
    "products:read": "Read products",
    "products:write": "Create and change products and their standalone prices",
    "quotes:read": "Read quotes",
    "quotes:write": "Create, change, submit and send quotes",
    "quotes:accept": "Accept a quote in a customer's name, with their signature",
    "contracts:read": "Read contracts",
    "contracts:approve": "Approve and countersign contracts",
    "orders:read": "Read orders",
    "orders:write": "Ship goods",
    "subscriptions:read": "Read subscriptions",
    "subscriptions:write": "Cancel subscriptions",
    "usage:read": "Read usage",
    "usage:write": "Report usage",
    "invoices:read": "Read invoices and their PDFs",
    "invoices:write": "Credit invoices",
    "billing:run": "Start billing runs",
    "payments:read": "Read payments",
    "payments:write": "Record transfers and charge saved payment methods",
}
