"""Whole months come first by default: what was priced by days says so from now on."""

from django.db import migrations

_BY_DAYS = """'{"month_first": false}'::jsonb"""
# Sent quotes are final to everybody but a migration, and what is sealed keeps its hash: an empty
# `month_first` means by days, and the seal leaves it out.
_SAY = f"""
UPDATE quotes_pricebook SET proration = {_BY_DAYS} || proration
  WHERE NOT proration ? 'month_first';
UPDATE quotes_quotetemplate
  SET content = jsonb_set(content, '{{terms,proration}}',
    {_BY_DAYS} || coalesce(content #> '{{terms,proration}}', '{{}}'))
  WHERE content ? 'terms' AND NOT coalesce(content #> '{{terms,proration}}', '{{}}') ? 'month_first';
UPDATE quotes_draftedit
  SET rows = jsonb_set(rows, '{{quote,before,proration}}',
    {_BY_DAYS} || (rows #> '{{quote,before,proration}}'))
  WHERE jsonb_typeof(rows #> '{{quote,before,proration}}') = 'object';
UPDATE quotes_draftedit
  SET rows = jsonb_set(rows, '{{quote,after,proration}}',
    {_BY_DAYS} || (rows #> '{{quote,after,proration}}'))
  WHERE jsonb_typeof(rows #> '{{quote,after,proration}}') = 'object';
ALTER TABLE quotes_quote DISABLE TRIGGER quotes_quote_is_final;
UPDATE quotes_quote SET proration = CASE content_hash WHEN '' THEN {_BY_DAYS}
    ELSE '{{"month_first": null}}'::jsonb END || proration
  WHERE NOT proration ? 'month_first';
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE quotes_quote ENABLE ALWAYS TRIGGER quotes_quote_is_final;
"""
# Before, what said nothing went by days.
_MONTHS_FIRST = """'{"month_first": true}'::jsonb"""
_UNSAY = f"""
UPDATE quotes_pricebook SET proration = {_MONTHS_FIRST} || proration
  WHERE NOT proration ? 'month_first';
UPDATE quotes_quotetemplate
  SET content = jsonb_set(content, '{{terms,proration}}',
    {_MONTHS_FIRST} || coalesce(content #> '{{terms,proration}}', '{{}}'))
  WHERE content ? 'terms' AND NOT coalesce(content #> '{{terms,proration}}', '{{}}') ? 'month_first';
ALTER TABLE quotes_quote DISABLE TRIGGER quotes_quote_is_final;
UPDATE quotes_quote SET proration = {_MONTHS_FIRST} || proration
  WHERE NOT proration ? 'month_first';
UPDATE quotes_quote SET proration = proration - 'month_first'
  WHERE proration -> 'month_first' = 'null';
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE quotes_quote ENABLE ALWAYS TRIGGER quotes_quote_is_final;
"""


class Migration(migrations.Migration):
    dependencies = [("quotes", "0025_versions_of_books_and_rules")]

    operations = [migrations.RunSQL(_SAY, _UNSAY)]
