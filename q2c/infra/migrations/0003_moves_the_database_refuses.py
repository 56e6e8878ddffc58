from django.db import migrations

FUNCTION = """
-- Refuse a change of state that is none of the table's moves; the arguments are "before>after".
CREATE FUNCTION q2c_refuse_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT (OLD.state || '>' || NEW.state) = ANY (TG_ARGV) THEN
    RAISE EXCEPTION '% % cannot go from % to %', TG_TABLE_NAME, OLD.id, OLD.state, NEW.state
      USING ERRCODE = 'QC004';
  END IF;
  RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("infra", "0002_what_the_database_refuses")]

    operations = [migrations.RunSQL(FUNCTION, "DROP FUNCTION q2c_refuse_move()")]
