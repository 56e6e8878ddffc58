from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("billing", "0011_disputes_take_back_once")]

    operations = [
        migrations.AddField("charge", "anchor_on", models.DateField(null=True)),
        migrations.RunSQL("UPDATE billing_charge SET anchor_on = starts_on", ""),
        migrations.AddField(
            "charge", "weeks", models.PositiveSmallIntegerField(db_default=0, default=0)
        ),
        migrations.AlterField("charge", "charge_model", models.CharField(max_length=12)),
    ]
