import django.db.models.deletion
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models
from django.db.models import Q

from q2c.infra.guards import any_move, only_moves


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0009_receivables_of_any_day"),
        ("infra", "0003_moves_the_database_refuses"),
    ]

    operations = [
        migrations.CreateModel(
            name="Dispute",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("stripe_id", models.CharField(max_length=60, unique=True)),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "open"), ("won", "won"), ("lost", "lost")],
                        default="open",
                        max_length=5,
                    ),
                ),
                ("amount", models.DecimalField(decimal_places=4, max_digits=19)),
                ("reason", models.CharField(blank=True, default="", max_length=60)),
                ("answer_by", models.DateTimeField(null=True)),
                ("opened_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(null=True)),
                (
                    "payment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="disputes",
                        to="billing.payment",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=Q(amount__gt=0), name="dispute_is_positive"),
                    models.CheckConstraint(
                        condition=Q(closed_at__isnull=True, state="open")
                        | (~Q(state="open") & Q(closed_at__isnull=False)),
                        name="dispute_is_closed_iff_decided",
                    ),
                ]
            },
        ),
        migrations.RunSQL(
            only_moves("billing_dispute", ("open", "won"), ("open", "lost")),
            any_move("billing_dispute"),
        ),
        migrations.AddField(
            model_name="allocation",
            name="dispute",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="taken_back",
                to="billing.dispute",
            ),
        ),
        migrations.RemoveConstraint(model_name="allocation", name="allocation_is_positive"),
        # Validated in the next migration, without holding up who writes.
        AddConstraintNotValid(
            model_name="allocation",
            constraint=models.CheckConstraint(
                condition=Q(amount__gt=0, dispute__isnull=True)
                | Q(amount__lt=0, dispute__isnull=False, payment__isnull=False),
                name="allocation_is_negative_iff_a_dispute_takes_it_back",
            ),
        ),
    ]
