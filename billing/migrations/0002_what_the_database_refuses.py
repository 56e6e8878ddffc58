from django.db import migrations

from q2c.infra.guards import guard, release

LINES = """
-- Lines and taxes of a posted document are as final as it is.
CREATE FUNCTION billing_refuse_line_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM billing_invoice WHERE id = OLD.invoice_id AND state = 'posted') THEN
    RAISE EXCEPTION 'The lines of invoice % are final', OLD.invoice_id USING ERRCODE = 'QC001';
  END IF;
  RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER billing_invoiceline_is_final BEFORE UPDATE OR DELETE ON billing_invoiceline
  FOR EACH ROW EXECUTE FUNCTION billing_refuse_line_change();
CREATE TRIGGER billing_invoicetax_is_final BEFORE UPDATE OR DELETE ON billing_invoicetax
  FOR EACH ROW EXECUTE FUNCTION billing_refuse_line_change();

-- Each statement that adds lines leaves posted documents with lines that sum to their net, so
-- nothing can be added to one afterwards.
CREATE FUNCTION billing_check_lines() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wrong bigint;
BEGIN
  SELECT i.id INTO wrong FROM billing_invoice i
    JOIN (SELECT l.invoice_id, sum(l.net) AS net FROM billing_invoiceline l
          WHERE l.invoice_id IN (SELECT invoice_id FROM added) GROUP BY l.invoice_id) s
      ON s.invoice_id = i.id
    WHERE i.state = 'posted' AND s.net <> i.net LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'The lines of posted invoice % do not sum to its net', wrong
      USING ERRCODE = 'QC001';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER billing_invoiceline_sums AFTER INSERT ON billing_invoiceline
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION billing_check_lines();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0001_initial"),
        ("infra", "0002_what_the_database_refuses"),
    ]

    operations = [
        migrations.RunSQL(
            guard(
                "billing_invoice",
                may_change="settled document_id",
                when="OLD.state = 'posted'",
            ),
            release("billing_invoice"),
        ),
        migrations.RunSQL(
            guard(
                "billing_payment",
                may_change="allocated refunded method_id",
                when="OLD.state = 'succeeded'",
            ),
            release("billing_payment"),
        ),
        migrations.RunSQL(guard("billing_allocation"), release("billing_allocation")),
        migrations.RunSQL(
            guard(
                "billing_refund",
                may_change="stripe_id",
            ),
            release("billing_refund"),
        ),
        migrations.RunSQL(
            LINES, "DROP FUNCTION billing_refuse_line_change(), billing_check_lines() CASCADE"
        ),
    ]
