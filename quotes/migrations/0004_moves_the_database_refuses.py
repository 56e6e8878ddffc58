from django.db import migrations

from q2c.infra.guards import any_move, only_moves


class Migration(migrations.Migration):
    dependencies = [
        ("quotes", "0003_reference_of_brought_in"),
        ("infra", "0003_moves_the_database_refuses"),
    ]

    operations = [
        migrations.RunSQL(
            only_moves(
                "quotes_quote",
                ("draft", "in_review"),
                ("draft", "approved"),
                ("draft", "cancelled"),
                ("in_review", "approved"),
                ("in_review", "draft"),
                ("approved", "sent"),
                ("approved", "draft"),
                ("approved", "cancelled"),
                ("sent", "accepted"),
                ("sent", "declined"),
                ("sent", "expired"),
                ("sent", "superseded"),
                ("sent", "cancelled"),
                ("expired", "superseded"),
                ("declined", "superseded"),
            ),
            any_move("quotes_quote"),
        ),
    ]
