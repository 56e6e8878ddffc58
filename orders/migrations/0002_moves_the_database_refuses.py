from django.db import migrations

from q2c.infra.guards import any_move, only_moves


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0001_initial"),
        ("infra", "0003_moves_the_database_refuses"),
    ]

    operations = [
        migrations.RunSQL(
            only_moves("orders_order", ("open", "complete"), ("open", "cancelled")),
            any_move("orders_order"),
        ),
        migrations.RunSQL(
            only_moves("orders_subscription", ("running", "cancelled")),
            any_move("orders_subscription"),
        ),
    ]
