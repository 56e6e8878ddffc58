from django.db import migrations

from q2c.infra.guards import guard, release


class Migration(migrations.Migration):
    dependencies = [
        ("contracts", "0001_initial"),
        ("infra", "0002_what_the_database_refuses"),
    ]

    operations = [
        migrations.RunSQL(
            guard(
                "contracts_contract",
                may_change="state terminated_on termination_reason",
                when="OLD.state IN ('signed', 'terminated')",
            ),
            release("contracts_contract"),
        ),
    ]
