from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("revenue", "0002_what_the_database_refuses")]

    operations = [
        migrations.RunSQL("CREATE SEQUENCE revenue_batch", "DROP SEQUENCE revenue_batch"),
        migrations.AlterField("journalentry", "number", models.CharField(max_length=20)),
        migrations.AddConstraint(
            "journalentry",
            models.UniqueConstraint(
                fields=["legal_entity", "number"], name="one_entry_per_entity_and_number"
            ),
        ),
    ]
