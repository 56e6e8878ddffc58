from django.db import migrations

from q2c.infra.guards import guard, release

LEDGER = """
ALTER TABLE revenue_journalentry ADD COLUMN posted_in xid8 NOT NULL DEFAULT pg_current_xact_id();

-- Entries fall into an open period of their own legal entity. FOR SHARE makes a close wait for a
-- posting under way, and a posting see a close that came first.
CREATE FUNCTION revenue_check_entries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM revenue_period WHERE id IN (SELECT period_id FROM added) FOR SHARE;
  IF EXISTS (
    SELECT FROM added a JOIN revenue_period p ON p.id = a.period_id
    WHERE p.state = 'closed' OR p.legal_entity_id <> a.legal_entity_id
      OR a.entry_on < p.starts_on OR a.entry_on >= p.ends_on
  ) THEN
    RAISE EXCEPTION 'An entry must fall into an open period of its legal entity'
      USING ERRCODE = 'QC002';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER revenue_journalentry_in_open_period AFTER INSERT ON revenue_journalentry
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION revenue_check_entries();

-- Each statement adds lines that balance per entry and currency, and only to entries born in the
-- same transaction, so no entry is ever out of balance or added to.
CREATE FUNCTION revenue_check_lines() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wrong bigint;
BEGIN
  SELECT entry_id INTO wrong FROM added GROUP BY entry_id, currency HAVING sum(amount) <> 0 LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'Journal entry % does not balance', wrong USING ERRCODE = 'QC003';
  END IF;
  SELECT e.id INTO wrong FROM revenue_journalentry e
    WHERE e.id IN (SELECT entry_id FROM added) AND e.posted_in <> pg_current_xact_id() LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'Journal entry % is final', wrong USING ERRCODE = 'QC001';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER revenue_journalline_balances AFTER INSERT ON revenue_journalline
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION revenue_check_lines();
ALTER TABLE revenue_journalentry ENABLE ALWAYS TRIGGER revenue_journalentry_in_open_period;
ALTER TABLE revenue_journalline ENABLE ALWAYS TRIGGER revenue_journalline_balances;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("revenue", "0001_initial"),
        ("infra", "0002_what_the_database_refuses"),
    ]

    operations = [
        migrations.RunSQL(guard("revenue_journalentry"), release("revenue_journalentry")),
        migrations.RunSQL(guard("revenue_journalline"), release("revenue_journalline")),
        migrations.RunSQL(
            LEDGER,
            "DROP FUNCTION revenue_check_entries(), revenue_check_lines() CASCADE;"
            "ALTER TABLE revenue_journalentry DROP COLUMN posted_in",
        ),
    ]
