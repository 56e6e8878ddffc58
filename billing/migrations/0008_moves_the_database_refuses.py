from django.db import migrations

from q2c.infra.guards import any_move, only_moves


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0007_lines_may_come_first"),
        ("infra", "0003_moves_the_database_refuses"),
    ]

    operations = [
        migrations.RunSQL(
            only_moves("billing_invoice", ("draft", "posted")),
            any_move("billing_invoice"),
        ),
        migrations.RunSQL(
            only_moves(
                "billing_payment",
                ("pending", "succeeded"),
                ("pending", "failed"),
                ("pending", "requires_action"),
                ("pending", "cancelled"),
                ("requires_action", "succeeded"),
                ("requires_action", "failed"),
                ("requires_action", "cancelled"),
                ("failed", "succeeded"),
            ),
            any_move("billing_payment"),
        ),
    ]
