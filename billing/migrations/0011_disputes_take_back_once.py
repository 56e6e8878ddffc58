from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations, models
from django.db.models import Q

APPLY_ONCE = "one_application_per_payment_and_invoice"
BEFORE = "one_allocation_per_payment_and_invoice"
TAKE_BACK_ONCE = "a_dispute_takes_back_once_an_invoice"
ON = "ON billing_allocation"


def unique(name: str, columns: str, condition: str) -> list[str]:
    """Return how to build a unique index while others write; a half-built one is replaced."""
    return [
        f"DROP INDEX CONCURRENTLY IF EXISTS {name}",
        f"CREATE UNIQUE INDEX CONCURRENTLY {name} {ON} ({columns}) WHERE ({condition})",
    ]


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("billing", "0010_disputes")]

    operations = [
        ValidateConstraint(
            model_name="allocation", name="allocation_is_negative_iff_a_dispute_takes_it_back"
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    [
                        *unique(TAKE_BACK_ONCE, "dispute_id, invoice_id", "dispute_id IS NOT NULL"),
                        *unique(
                            APPLY_ONCE,
                            "payment_id, invoice_id",
                            "payment_id IS NOT NULL AND dispute_id IS NULL",
                        ),
                        f"DROP INDEX CONCURRENTLY IF EXISTS {BEFORE}",
                    ],
                    [
                        *unique(BEFORE, "payment_id, invoice_id", "payment_id IS NOT NULL"),
                        f"DROP INDEX CONCURRENTLY IF EXISTS {APPLY_ONCE}",
                        f"DROP INDEX CONCURRENTLY IF EXISTS {TAKE_BACK_ONCE}",
                    ],
                )
            ],
            state_operations=[
                migrations.RemoveConstraint(model_name="allocation", name=BEFORE),
                migrations.AddConstraint(
                    model_name="allocation",
                    constraint=models.UniqueConstraint(
                        condition=Q(dispute__isnull=True, payment__isnull=False),
                        fields=("payment", "invoice"),
                        name=APPLY_ONCE,
                    ),
                ),
                migrations.AddConstraint(
                    model_name="allocation",
                    constraint=models.UniqueConstraint(
                        condition=Q(dispute__isnull=False),
                        fields=("dispute", "invoice"),
                        name=TAKE_BACK_ONCE,
                    ),
                ),
            ],
        ),
    ]
