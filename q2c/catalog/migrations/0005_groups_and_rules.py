import django.db.models.deletion
from django.db import migrations, models

COPY = """
INSERT INTO catalog_optiongroup (bundle_id, name, min_options, max_options, position)
SELECT bundle_id, group_name, 0, NULL, row_number() OVER (
    PARTITION BY bundle_id ORDER BY min(position)) - 1
FROM catalog_bundleoption WHERE group_name <> '' GROUP BY bundle_id, group_name;
UPDATE catalog_bundleoption SET group_id = catalog_optiongroup.id
FROM catalog_optiongroup
WHERE catalog_optiongroup.bundle_id = catalog_bundleoption.bundle_id
  AND catalog_optiongroup.name = group_name;
SET CONSTRAINTS ALL IMMEDIATE;
"""
BACK = """
UPDATE catalog_bundleoption SET group_name = catalog_optiongroup.name
FROM catalog_optiongroup WHERE catalog_optiongroup.id = group_id;
SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):
    """The text that named an option's group becomes a group of its own."""

    dependencies = [("catalog", "0004_one_cost_no_more")]

    operations = [
        migrations.CreateModel(
            name="OptionGroup",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=100)),
                ("min_options", models.PositiveSmallIntegerField(default=0)),
                ("max_options", models.PositiveSmallIntegerField(null=True)),
                ("position", models.PositiveSmallIntegerField(default=0)),
                (
                    "bundle",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="option_groups",
                        to="catalog.product",
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="catalog.optiongroup",
                    ),
                ),
            ],
            options={
                "ordering": ["position", "id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("bundle", "name"), name="group_name_once_per_bundle"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("max_options", None),
                            ("max_options__gte", models.F("min_options")),
                            _connector="OR",
                        ),
                        name="group_takes_at_most_no_less_than_at_least",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("parent", models.F("id")), _negated=True),
                        name="group_does_not_hold_itself",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OptionRule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("requires", "requires"), ("excludes", "excludes")], max_length=10
                    ),
                ),
                ("counts_owned", models.BooleanField(default=False)),
                ("message", models.CharField(blank=True, default="", max_length=300)),
                (
                    "bundle",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="option_rules",
                        to="catalog.product",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.product",
                    ),
                ),
                (
                    "other",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.product",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("bundle", "kind", "product", "other"), name="one_rule_per_pair"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("product", models.F("other")), _negated=True),
                        name="rule_speaks_of_two_products",
                    ),
                ],
            },
        ),
        migrations.RenameField(model_name="bundleoption", old_name="group", new_name="group_name"),
        migrations.AddField(
            model_name="bundleoption",
            name="group",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="options",
                to="catalog.optiongroup",
            ),
        ),
        migrations.AddField(
            model_name="bundleoption",
            name="follows_parent",
            field=models.BooleanField(db_default=True, default=True),
        ),
        migrations.AddField(
            model_name="bundleoption",
            name="discount_percent",
            field=models.DecimalField(db_default=0, decimal_places=4, default=0, max_digits=7),
        ),
        migrations.AddConstraint(
            model_name="bundleoption",
            constraint=models.CheckConstraint(
                condition=models.Q(("discount_percent__gte", 0), ("discount_percent__lte", 100)),
                name="option_discount_is_a_percentage",
            ),
        ),
        migrations.RunSQL(COPY, BACK),
        migrations.RemoveField(model_name="bundleoption", name="group_name"),
    ]
