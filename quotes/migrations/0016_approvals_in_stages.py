import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0004_one_cost_no_more"),
        ("customers", "0003_brand_and_forwarded_links"),
        ("quotes", "0015_copies_and_outcomes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ApprovalComment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("body", models.TextField()),
                ("at", models.DateTimeField()),
            ],
            options={
                "ordering": ["at", "id"],
            },
        ),
        migrations.CreateModel(
            name="ApprovalCondition",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "measure",
                    models.CharField(
                        choices=[
                            ("line_discount", "Deepest discount on a line, %"),
                            ("quote_discount", "Discount on the whole quote, %"),
                            ("margin", "Margin, %"),
                            ("term", "Term, months"),
                            ("payment_terms", "Payment terms, days"),
                            ("contract_total", "Contract total"),
                            ("monthly_total", "Monthly total"),
                            ("free_months", "Free months"),
                            ("product", "Product on the quote"),
                            ("category", "Product category on the quote"),
                            ("own_text", "Text of its own (notes, cover letter)"),
                            ("ramp", "Ramp over the term"),
                            ("segment", "Customer segment"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "operator",
                    models.CharField(
                        choices=[
                            ("above", "above"),
                            ("at_least", "at least"),
                            ("below", "below"),
                            ("is", "is"),
                            ("contains", "contains"),
                        ],
                        max_length=10,
                    ),
                ),
                ("limit", models.DecimalField(decimal_places=4, max_digits=19, null=True)),
                ("text", models.CharField(blank=True, default="", max_length=200)),
                ("currency", models.CharField(blank=True, default="", max_length=3)),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="ApprovalDecision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("is_approval", models.BooleanField()),
                ("for_all", models.BooleanField(default=False)),
                ("at", models.DateTimeField()),
                ("comment", models.TextField(blank=True, default="")),
                ("by_mail", models.BooleanField(default=False)),
            ],
            options={
                "ordering": ["at", "id"],
            },
        ),
        migrations.CreateModel(
            name="ApprovalEnvelope",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("margin_at_least", models.DecimalField(decimal_places=4, max_digits=7, null=True)),
                (
                    "discount_at_most",
                    models.DecimalField(decimal_places=4, max_digits=7, null=True),
                ),
                ("term_from", models.PositiveSmallIntegerField(null=True)),
                ("term_to", models.PositiveSmallIntegerField(null=True)),
                ("quantities", models.JSONField(blank=True, default=dict)),
            ],
        ),
        migrations.CreateModel(
            name="ApprovalRound",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("content_hash", models.CharField(max_length=64)),
                ("content", models.TextField(blank=True, default="")),
                ("requested_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="ApprovalStep",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("stage", models.PositiveSmallIntegerField(default=1)),
                (
                    "asks",
                    models.CharField(
                        choices=[
                            ("role", "Role"),
                            ("person", "Person"),
                            ("manager", "Manager of the owner"),
                        ],
                        max_length=7,
                    ),
                ),
                ("role", models.CharField(blank=True, default="", max_length=20)),
                ("manager_level", models.PositiveSmallIntegerField(default=1)),
                ("needs_all", models.BooleanField(default=False)),
                ("remind_after_hours", models.PositiveSmallIntegerField(null=True)),
                ("escalate_after_hours", models.PositiveSmallIntegerField(null=True)),
                ("escalate_role", models.CharField(blank=True, default="", max_length=20)),
            ],
            options={
                "ordering": ["stage", "id"],
            },
        ),
        migrations.CreateModel(
            name="Delegation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("starts_on", models.DateField()),
                ("ends_on", models.DateField()),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["starts_on"],
            },
        ),
        migrations.CreateModel(
            name="StandingGrant",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("bounds", models.JSONField()),
                ("last_day", models.DateField()),
                ("created_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.AlterModelOptions(
            name="approvalrequest",
            options={"ordering": ["stage", "id"]},
        ),
        migrations.AddField(
            model_name="approvalpolicy",
            name="counts_options",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="approvalpolicy",
            name="needs_all_conditions",
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name="approvalrequest",
            name="asks",
            field=models.CharField(default="", max_length=40),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="approvalrequest",
            name="escalate_after_hours",
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="approvalrequest",
            name="escalate_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="approvalrequest",
            name="escalate_person",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="approvalrequest",
            name="escalate_role",
            field=models.CharField(blank=True, default="", max_length=20),
        ),
        migrations.AddField(
            model_name="approvalrequest",
            name="escalated_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="approvalrequest",
            name="needs_all",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="approvalrequest",
            name="opened_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="approvalrequest",
            name="person",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="approvalrequest",
            name="readings",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="approvalrequest",
            name="remind_after_hours",
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="approvalrequest",
            name="remind_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="approvalrequest",
            name="reminded_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="approvalrequest",
            name="role",
            field=models.CharField(blank=True, default="", max_length=20),
        ),
        migrations.AddField(
            model_name="approvalrequest",
            name="stage",
            field=models.PositiveSmallIntegerField(default=1),
        ),
        migrations.AlterField(
            model_name="approvalrequest",
            name="reason",
            field=models.TextField(),
        ),
        migrations.AlterField(
            model_name="approvalrequest",
            name="state",
            field=models.CharField(
                choices=[
                    ("waiting", "waiting"),
                    ("pending", "pending"),
                    ("approved", "approved"),
                    ("refused", "refused"),
                    ("void", "void"),
                ],
                default="waiting",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="approvalcomment",
            name="author",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="approvalcomment",
            name="request",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="comments",
                to="quotes.approvalrequest",
            ),
        ),
        migrations.AddField(
            model_name="approvalcondition",
            name="policy",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="conditions",
                to="quotes.approvalpolicy",
            ),
        ),
        migrations.AddField(
            model_name="approvalcondition",
            name="product",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="catalog.product",
            ),
        ),
        migrations.AddField(
            model_name="approvaldecision",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="approvaldecision",
            name="carried_from",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="quotes.approvaldecision",
            ),
        ),
        migrations.AddField(
            model_name="approvaldecision",
            name="owner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="approvaldecision",
            name="request",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="decisions",
                to="quotes.approvalrequest",
            ),
        ),
        migrations.AddField(
            model_name="approvaldecision",
            name="requested_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="approvaldecision",
            name="seat",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="approvalenvelope",
            name="decision",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="envelope",
                to="quotes.approvaldecision",
            ),
        ),
        migrations.AddField(
            model_name="approvalround",
            name="quote",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="rounds",
                to="quotes.quote",
            ),
        ),
        migrations.AddField(
            model_name="approvalround",
            name="requested_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="approvalrequest",
            name="round",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="requests",
                to="quotes.approvalround",
            ),
        ),
        migrations.AddIndex(
            model_name="approvalrequest",
            index=models.Index(fields=["state", "role"], name="approval_inbox_of_role"),
        ),
        migrations.AddIndex(
            model_name="approvalrequest",
            index=models.Index(fields=["state", "person"], name="approval_inbox_of_person"),
        ),
        migrations.AddIndex(
            model_name="approvalrequest",
            index=models.Index(
                condition=models.Q(("state", "pending")),
                fields=["remind_at"],
                name="approval_to_remind",
            ),
        ),
        migrations.AddIndex(
            model_name="approvalrequest",
            index=models.Index(
                condition=models.Q(("state", "pending")),
                fields=["escalate_at"],
                name="approval_to_escalate",
            ),
        ),
        migrations.AddField(
            model_name="approvalstep",
            name="escalate_person",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="approvalstep",
            name="person",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="approvalstep",
            name="policy",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="steps",
                to="quotes.approvalpolicy",
            ),
        ),
        migrations.AddField(
            model_name="delegation",
            name="delegate",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="delegation",
            name="person",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="standinggrant",
            name="customer",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="customers.customer",
            ),
        ),
        migrations.AddField(
            model_name="standinggrant",
            name="given_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="standinggrant",
            name="owner",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="standinggrant",
            name="policy",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="quotes.approvalpolicy",
            ),
        ),
        migrations.AddField(
            model_name="standinggrant",
            name="revoked_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="approvaldecision",
            name="grant",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="decisions",
                to="quotes.standinggrant",
            ),
        ),
        migrations.AddConstraint(
            model_name="approvalcondition",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("measure__in", ["contract_total", "monthly_total"]), _negated=True),
                    models.Q(("currency", ""), _negated=True),
                    _connector="OR",
                ),
                name="approval_amounts_have_a_currency",
            ),
        ),
        migrations.AddConstraint(
            model_name="approvalcondition",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("measure", "product"), _negated=True),
                    ("product__isnull", False),
                    _connector="OR",
                ),
                name="approval_product_condition_names_a_product",
            ),
        ),
        migrations.AddConstraint(
            model_name="approvalstep",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("asks", "role"), ("person", None), models.Q(("role", ""), _negated=True)
                    ),
                    models.Q(("asks", "person"), ("person__isnull", False), ("role", "")),
                    models.Q(
                        ("asks", "manager"),
                        ("manager_level__in", [1, 2]),
                        ("person", None),
                        ("role", ""),
                    ),
                    _connector="OR",
                ),
                name="approval_step_asks_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="approvalstep",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("escalate_after_hours", None),
                        ("escalate_person", None),
                        ("escalate_role", ""),
                    ),
                    models.Q(
                        ("escalate_after_hours__isnull", False),
                        ("escalate_person", None),
                        models.Q(("escalate_role", ""), _negated=True),
                    ),
                    models.Q(
                        ("escalate_after_hours__isnull", False),
                        ("escalate_person__isnull", False),
                        ("escalate_role", ""),
                    ),
                    _connector="OR",
                ),
                name="approval_step_escalates_to_somebody",
            ),
        ),
        migrations.AddIndex(
            model_name="delegation",
            index=models.Index(fields=["delegate", "ends_on"], name="delegation_to"),
        ),
        migrations.AddConstraint(
            model_name="delegation",
            constraint=models.CheckConstraint(
                condition=models.Q(("person", models.F("delegate")), _negated=True),
                name="delegation_goes_to_somebody_else",
            ),
        ),
        migrations.AddConstraint(
            model_name="delegation",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_on__gte", models.F("starts_on"))),
                name="delegation_ends_not_before_it_starts",
            ),
        ),
        migrations.AddIndex(
            model_name="standinggrant",
            index=models.Index(
                condition=models.Q(("revoked_at", None)),
                fields=["policy", "last_day"],
                name="standing_grants_in_force",
            ),
        ),
        migrations.AddConstraint(
            model_name="standinggrant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("owner", None),
                    models.Q(("owner", models.F("given_by")), _negated=True),
                    _connector="OR",
                ),
                name="nobody_grants_their_own_quotes",
            ),
        ),
        migrations.AddConstraint(
            model_name="standinggrant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("revoked_at", None), ("revoked_by", None)),
                    models.Q(("revoked_at__isnull", False), ("revoked_by__isnull", False)),
                    _connector="OR",
                ),
                name="standing_grant_is_revoked_by_somebody",
            ),
        ),
        migrations.AddIndex(
            model_name="approvaldecision",
            index=models.Index(fields=["seat", "-id"], name="approval_decisions_of"),
        ),
    ]
