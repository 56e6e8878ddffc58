from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("quotes", "0029_what_was_merged")]

    operations = [
        migrations.AddField(
            model_name=name,
            name="version",
            field=models.PositiveIntegerField(db_default=1, default=1),
        )
        for name in ("approvalpolicy", "closereason", "quotetemplate")
    ]
