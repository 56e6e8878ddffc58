"""A stand-in for Stripe over HTTP, for tests and the demo: stateful, faulty on request, no money."""
