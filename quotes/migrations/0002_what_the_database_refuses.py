from django.db import migrations

from q2c.infra.guards import guard, release

LINES = """
-- The lines of a quote change only while it is a draft.
CREATE FUNCTION quotes_refuse_line_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE quote bigint := CASE TG_OP WHEN 'INSERT' THEN NEW.quote_id ELSE OLD.quote_id END;
BEGIN
  IF EXISTS (SELECT FROM quotes_quote WHERE id = quote AND state NOT IN ('draft', 'cancelled')) THEN
    RAISE EXCEPTION 'The lines of quote % are final', quote USING ERRCODE = 'QC001';
  END IF;
  RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER quotes_quoteline_is_final BEFORE UPDATE OR DELETE ON quotes_quoteline
  FOR EACH ROW EXECUTE FUNCTION quotes_refuse_line_change();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("quotes", "0001_initial"),
        ("infra", "0002_what_the_database_refuses"),
    ]

    operations = [
        migrations.RunSQL(guard("quotes_acceptance"), release("quotes_acceptance")),
        migrations.RunSQL(
            guard(
                "quotes_quote",
                may_change="state first_viewed_at decided_at decline_reason document_id",
                when="OLD.state NOT IN ('draft', 'in_review', 'approved', 'cancelled')",
            ),
            release("quotes_quote"),
        ),
        migrations.RunSQL(LINES, "DROP FUNCTION quotes_refuse_line_change() CASCADE"),
    ]
