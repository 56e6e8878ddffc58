from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("quotes", "0008_what_older_quotes_are")]

    operations = [
        migrations.AddConstraint(
            model_name="quote",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "sent")),
                fields=("amends_contract_id",),
                name="one_sent_amendment_per_contract",
            ),
        ),
        migrations.AddConstraint(
            model_name="quote",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("amends_contract_id", None), ("kind", "new"), ("renews_contract_id", None)
                    ),
                    models.Q(
                        ("amends_contract_id", None),
                        ("kind", "renewal"),
                        ("renews_contract_id__isnull", False),
                    ),
                    models.Q(
                        ("amends_contract_id__isnull", False),
                        ("kind", "amendment"),
                        ("renews_contract_id", None),
                    ),
                    _connector="OR",
                ),
                name="quote_renews_or_amends_by_its_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="quoteline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind__in", ("section", "note")), ("product", None)),
                    models.Q(
                        models.Q(("kind__in", ("section", "note")), _negated=True),
                        ("product__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="quote_line_is_text_or_has_a_product",
            ),
        ),
        migrations.AddConstraint(
            model_name="quoteline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("starts_on", None),
                    ("ends_on", None),
                    ("ends_on__gt", models.F("starts_on")),
                    _connector="OR",
                ),
                name="quote_line_ends_after_it_starts",
            ),
        ),
        migrations.AddConstraint(
            model_name="quoteline",
            constraint=models.CheckConstraint(
                condition=models.Q(("months", 0), ("weeks", 0), _connector="OR"),
                name="quote_line_recurs_by_months_or_weeks",
            ),
        ),
        migrations.AddConstraint(
            model_name="quoteline",
            constraint=models.CheckConstraint(
                condition=models.Q(("change", ""), ("item_id__isnull", False), _connector="OR"),
                name="quote_line_changes_an_item_it_names",
            ),
        ),
        migrations.AddConstraint(
            model_name="quoteline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_chosen", True),
                    ("is_optional", True),
                    models.Q(("choice_group", ""), _negated=True),
                    _connector="OR",
                ),
                name="quote_line_is_left_out_only_by_choice",
            ),
        ),
        migrations.AddConstraint(
            model_name="quoteline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("choice", ""), ("choice_group", "")),
                    models.Q(
                        models.Q(("choice_group", ""), _negated=True),
                        models.Q(("choice", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="quote_line_has_a_choice_in_its_group",
            ),
        ),
    ]
