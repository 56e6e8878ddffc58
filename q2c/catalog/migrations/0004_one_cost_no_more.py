from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0003_costs_of_their_own")]

    operations = [
        migrations.RemoveConstraint(model_name="product", name="product_cost_not_negative"),
        # Kept with a default, so that the way back fills the column.
        migrations.AlterField(
            model_name="product",
            name="cost_currency",
            field=models.CharField(max_length=3, default="EUR", db_default="EUR"),
        ),
        migrations.RemoveField(model_name="product", name="cost_currency"),
        migrations.RemoveField(model_name="product", name="unit_cost"),
    ]
