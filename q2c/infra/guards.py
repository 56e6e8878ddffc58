"""SQL for migrations: what the database refuses, whichever door the change comes through."""


def guard(table: str, *, may_change: str = "", when: str = "") -> str:
    """Return SQL that makes rows of a table final (those that `when` names).

    `may_change` lists the columns that may still change, separated by spaces.
    """
    arguments = ", ".join(f"'{column}'" for column in may_change.split())
    condition = f"WHEN ({when})" if when else ""
    return f"""
CREATE TRIGGER {table}_is_final BEFORE UPDATE OR DELETE ON {table}
  FOR EACH ROW {condition} EXECUTE FUNCTION q2c_refuse_change({arguments});
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_is_final;
CREATE TRIGGER {table}_is_kept BEFORE TRUNCATE ON {table}
  FOR EACH STATEMENT EXECUTE FUNCTION q2c_refuse_change();
"""


def release(table: str) -> str:
    """Return SQL that takes the guard away again."""
    return f"DROP TRIGGER {table}_is_final ON {table}; DROP TRIGGER {table}_is_kept ON {table};"


def only_moves(table: str, *moves: tuple[str, str]) -> str:
    """Return SQL that lets the state of a table's rows change only by these (from, to) moves."""
    known = ", ".join(f"'{before}>{after}'" for before, after in moves)
    return f"""
CREATE TRIGGER {table}_moves_by_table BEFORE UPDATE ON {table}
  FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state)
  EXECUTE FUNCTION q2c_refuse_move({known});
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_moves_by_table;
"""


def any_move(table: str) -> str:
    """Return SQL that lets states change freely again."""
    return f"DROP TRIGGER {table}_moves_by_table ON {table};"
