from django.db import migrations

# A cancelled quote is a draft again only where it was cancelled by merging it into another.
ONLY_MERGED = """
CREATE FUNCTION quotes_refuse_revival() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'quotes_quote % cannot go from cancelled to draft: it was not merged', OLD.id
    USING ERRCODE = 'QC004';
END $$;
CREATE TRIGGER quotes_quote_revives_after_a_merger BEFORE UPDATE ON quotes_quote
  FOR EACH ROW
  WHEN (OLD.state = 'cancelled' AND NEW.state = 'draft' AND OLD.merged_into_id IS NULL)
  EXECUTE FUNCTION quotes_refuse_revival();
ALTER TABLE quotes_quote ENABLE ALWAYS TRIGGER quotes_quote_revives_after_a_merger;
"""


class Migration(migrations.Migration):
    dependencies = [("quotes", "0031_limits_of_lines")]

    operations = [migrations.RunSQL(ONLY_MERGED, "DROP FUNCTION quotes_refuse_revival() CASCADE")]
