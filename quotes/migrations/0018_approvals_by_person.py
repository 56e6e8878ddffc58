import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("quotes", "0017_what_older_approvals_are"),
    ]

    operations = [
        migrations.AlterField(
            model_name="approvalrequest",
            name="round",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="requests",
                to="quotes.approvalround",
            ),
        ),
        migrations.RemoveConstraint(
            model_name="approvalrequest",
            name="nobody_approves_their_own_quote",
        ),
        migrations.RemoveConstraint(
            model_name="approvalrequest",
            name="one_pending_request_per_policy",
        ),
        migrations.RemoveIndex(
            model_name="approvalrequest",
            name="approval_inbox",
        ),
        migrations.RemoveField(
            model_name="approvalpolicy",
            name="approver_role",
        ),
        migrations.RemoveField(
            model_name="approvalpolicy",
            name="limit_percent",
        ),
        migrations.RemoveField(
            model_name="approvalpolicy",
            name="measure",
        ),
        migrations.RemoveField(
            model_name="approvalrequest",
            name="approver_role",
        ),
        migrations.RemoveField(
            model_name="approvalrequest",
            name="comment",
        ),
        migrations.RemoveField(
            model_name="approvalrequest",
            name="content_hash",
        ),
        migrations.RemoveField(
            model_name="approvalrequest",
            name="decided_at",
        ),
        migrations.RemoveField(
            model_name="approvalrequest",
            name="decided_by",
        ),
        migrations.RemoveField(
            model_name="approvalrequest",
            name="requested_at",
        ),
        migrations.RemoveField(
            model_name="approvalrequest",
            name="requested_by",
        ),
        migrations.AddConstraint(
            model_name="approvalrequest",
            constraint=models.UniqueConstraint(
                fields=("round", "policy", "stage", "asks"), name="one_request_per_step"
            ),
        ),
        migrations.AddConstraint(
            model_name="approvalrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(models.Q(("role", ""), _negated=True), ("person", None)),
                    models.Q(("person__isnull", False), ("role", "")),
                    _connector="OR",
                ),
                name="approval_request_asks_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="approvaldecision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("by", models.F("requested_by")), _negated=True),
                    models.Q(("by", models.F("owner")), _negated=True),
                    models.Q(("seat", models.F("requested_by")), _negated=True),
                    models.Q(("seat", models.F("owner")), _negated=True),
                ),
                name="nobody_approves_their_own_quote",
            ),
        ),
        migrations.AddConstraint(
            model_name="approvaldecision",
            constraint=models.UniqueConstraint(
                fields=("request", "seat"), name="one_decision_per_seat"
            ),
        ),
    ]
