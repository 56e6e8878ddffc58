from django.db import migrations

COPY = """
INSERT INTO catalog_productcost (product_id, currency, amount, starts_on)
SELECT id, cost_currency, unit_cost, DATE '2000-01-01'
FROM catalog_product
WHERE kind <> 'bundle'
"""
BACK = """
UPDATE catalog_product SET unit_cost = latest.amount, cost_currency = latest.currency
FROM (
    SELECT DISTINCT ON (product_id) product_id, amount, currency
    FROM catalog_productcost ORDER BY product_id, starts_on DESC, currency
) AS latest
WHERE latest.product_id = catalog_product.id
"""


class Migration(migrations.Migration):
    """A product's one cost becomes the first of its costs by currency and date."""

    dependencies = [("catalog", "0002_what_a_product_tells")]

    operations = [migrations.RunSQL(COPY, BACK)]
