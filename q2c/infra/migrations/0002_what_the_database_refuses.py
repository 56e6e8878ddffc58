from django.db import migrations

from q2c.infra.guards import guard, release

FUNCTIONS = """
-- Refuse to change or delete a row; the arguments name the columns that may still change.
CREATE FUNCTION q2c_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE may_change text[] := coalesce(TG_ARGV, '{}');  -- it is null when there are none
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    -- Test databases are emptied between tests.
    IF current_database() LIKE 'test\\_%' THEN RETURN NULL; END IF;
    RAISE EXCEPTION '% is final and cannot be emptied', TG_TABLE_NAME USING ERRCODE = 'QC001';
  ELSIF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION '% % is final and cannot be deleted', TG_TABLE_NAME, to_jsonb(OLD)->>'id'
      USING ERRCODE = 'QC001';
  ELSIF (to_jsonb(OLD) - may_change) IS DISTINCT FROM (to_jsonb(NEW) - may_change) THEN
    RAISE EXCEPTION '% % is final and cannot be changed', TG_TABLE_NAME, to_jsonb(OLD)->>'id'
      USING ERRCODE = 'QC001';
  END IF;
  RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("infra", "0001_initial")]

    operations = [
        migrations.RunSQL(FUNCTIONS, "DROP FUNCTION q2c_refuse_change()"),
        migrations.RunSQL(guard("infra_event"), release("infra_event")),
        migrations.RunSQL(guard("infra_blob"), release("infra_blob")),
    ]
