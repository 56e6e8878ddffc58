from django.db import migrations

# Sent quotes are final to everybody but a migration.
_FILL = """
ALTER TABLE quotes_quote DISABLE TRIGGER quotes_quote_is_final;
ALTER TABLE quotes_quoteline DISABLE TRIGGER quotes_quoteline_is_final;
UPDATE quotes_quote SET kind = 'renewal' WHERE renews_contract_id IS NOT NULL;
UPDATE quotes_quoteline line SET combined_discount_percent = round(
    100 - (100 - line.discount_percent) * (100 - CASE WHEN line.is_adjustment THEN 0
    ELSE quote.discount_percent END) / 100, 4)
  FROM quotes_quote quote WHERE quote.id = line.quote_id;
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE quotes_quote ENABLE ALWAYS TRIGGER quotes_quote_is_final;
ALTER TABLE quotes_quoteline ENABLE TRIGGER quotes_quoteline_is_final;
"""


class Migration(migrations.Migration):
    dependencies = [("quotes", "0007_more_of_a_quote")]

    operations = [migrations.RunSQL(_FILL, "")]
