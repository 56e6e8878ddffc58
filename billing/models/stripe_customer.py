from django.db import models


class StripeCustomer(models.Model):
    """Which customer of Stripe's stands for which of ours."""

    customer = models.OneToOneField("customers.Customer", models.PROTECT, related_name="+")
    stripe_id = models.CharField(max_length=60, unique=True)

    def __str__(self) -> str:
        return self.stripe_id
