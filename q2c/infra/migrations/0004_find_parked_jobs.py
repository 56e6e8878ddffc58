from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("infra", "0003_moves_the_database_refuses")]

    operations = [
        AddIndexConcurrently(
            model_name="job",
            index=models.Index(
                fields=["parked_at", "id"],
                name="job_parked",
                condition=models.Q(("parked_at__isnull", False)),
            ),
        ),
    ]
