from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("billing", "0012_charges_have_an_anchor")]

    operations = [migrations.AlterField("charge", "anchor_on", models.DateField())]
