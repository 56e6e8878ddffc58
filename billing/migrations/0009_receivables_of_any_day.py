from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("billing", "0008_moves_the_database_refuses")]

    operations = [
        AddIndexConcurrently(
            "allocation", models.Index(fields=["applied_on"], name="allocation_by_day")
        ),
    ]
