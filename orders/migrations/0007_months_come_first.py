"""Whole months come first by default: what was priced by days says so from now on."""

from django.db import migrations


def _say(month_first: str) -> str:
    return f"""
UPDATE orders_order SET proration = '{{"month_first": {month_first}}}'::jsonb || proration
  WHERE NOT proration ? 'month_first'
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0006_prepaid_credits")]

    operations = [migrations.RunSQL(_say("false"), _say("true"))]
