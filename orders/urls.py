from django.urls import path

from orders.views import changing, closings, panels, portal, staff, subscriptions, usage

app_name = "orders"
urlpatterns = [
    path("orders/", staff.list_, name="list"),
    path("orders/<int:order_id>/", staff.detail, name="detail"),
    path("orders/<int:order_id>/ship/", staff.ship, name="ship"),
    path("orders/<int:order_id>/close/", staff.close, name="close"),
    path("orders/given-up/", closings.list_, name="closings"),
    path("orders/<int:order_id>/cancel/", staff.cancel, name="cancel_order"),
    path("orders/of-customer/<int:customer_id>/", panels.customer, name="customer_panel"),
    path("orders/of-product/<int:product_id>/", panels.product, name="product_panel"),
    path("orders/of-contract/<int:contract_id>/", panels.contract, name="contract_panel"),
    path("contracts/<int:contract_id>/amend/", changing.amend, name="amend"),
    path("contracts/<int:contract_id>/renew/", changing.renew, name="renew"),
    path("subscriptions/", subscriptions.list_, name="subscriptions"),
    path("subscriptions/<int:subscription_id>/", subscriptions.detail, name="subscription"),
    path("subscriptions/<int:subscription_id>/cancel/", subscriptions.cancel, name="cancel"),
    path("portal/accounts/<int:customer_id>/orders/", portal.orders, name="portal_orders"),
    path("portal/accounts/<int:customer_id>/credits/", portal.credits, name="portal_credits"),
    path("usage/", usage.list_, name="usage"),
    path("usage/upload/", usage.upload, name="usage_upload"),
]
