"""The doors for programs."""

from orders.api.orders import Orders
from orders.api.subscriptions import Subscriptions
from orders.api.usage import Usage
from q2c.api.resources import routes

api_urls = routes(("orders", Orders), ("subscriptions", Subscriptions), ("usage", Usage))
