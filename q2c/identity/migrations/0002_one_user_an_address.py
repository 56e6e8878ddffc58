import django.db.models.functions.text
from django.db import migrations, models

# Ana@acme.example and ana@acme.example reach the same person. Whoever signed in last keeps the
# address; the others keep everything else and get a plus address, which reaches the same inbox.
APART = """
WITH ranked AS (
  SELECT id, row_number() OVER (
    PARTITION BY upper(email) ORDER BY is_active DESC, last_login DESC NULLS LAST, id
  ) AS place FROM identity_user
)
UPDATE identity_user SET
  email = left(split_part(email, '@', 1), 200) || '+' || identity_user.id || '@'
    || split_part(email, '@', 2)
FROM ranked WHERE ranked.id = identity_user.id AND ranked.place > 1
"""


class Migration(migrations.Migration):
    dependencies = [("identity", "0001_initial")]

    operations = [
        migrations.RunSQL(APART, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Upper("email"),
                name="one_user_an_address_whatever_its_case",
                violation_error_message="Somebody has this e-mail address already.",
            ),
        ),
    ]
