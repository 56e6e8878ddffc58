from django.db import migrations

from q2c.infra.guards import any_move, guard, only_moves, release


class Migration(migrations.Migration):
    dependencies = [
        ("contracts", "0002_what_the_database_refuses"),
        ("infra", "0003_moves_the_database_refuses"),
    ]

    operations = [
        migrations.RunSQL(
            only_moves(
                "contracts_contract",
                ("in_approval", "approved"),
                ("in_approval", "refused"),
                ("approved", "signed"),
                ("approved", "refused"),
                ("signed", "terminated"),
            ),
            any_move("contracts_contract"),
        ),
        migrations.RunSQL(
            guard("contracts_contractapproval", when="OLD.state <> 'pending'"),
            release("contracts_contractapproval"),
        ),
    ]
