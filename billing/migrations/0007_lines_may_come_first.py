from django.db import migrations

# A billing run writes the lines before it takes the numbers, so that others wait less for the
# counter. Whichever comes second, lines or posted documents, is checked.
CHECK = """
CREATE FUNCTION billing_check_documents() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wrong bigint;
BEGIN
  SELECT a.id INTO wrong FROM added a
    JOIN (SELECT l.invoice_id, sum(l.net) AS net FROM billing_invoiceline l
          WHERE l.invoice_id IN (SELECT id FROM added WHERE state = 'posted')
          GROUP BY l.invoice_id) s ON s.invoice_id = a.id
    WHERE s.net <> a.net LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'The lines of posted invoice % do not sum to its net', wrong
      USING ERRCODE = 'QC001';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER billing_invoice_sums AFTER INSERT ON billing_invoice
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION billing_check_documents();
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0006_indexes_that_answer_something")]

    operations = [
        migrations.RunSQL(CHECK, "DROP FUNCTION billing_check_documents() CASCADE"),
    ]
