# ruff: noqa: RUF012, S608 - Django asks for plain class attributes here; the SQL is made of words of this file.
"""The database itself refuses to change, delete or insert between audit rows, whoever asks and in whatever words.

WARNING: a later step that makes SQLite rebuild this table (any change of a column) has to set these triggers again.
"""

from typing import Any

from django.db import migrations

REFUSAL = "the audit is append-only"
SQLITE = [
    f"""CREATE TRIGGER audit_no_{what} BEFORE {what.upper()} ON desk_auditrow
    BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"""
    for what in ("update", "delete")
] + [
    # Also what INSERT OR REPLACE would replace, for which SQLite asks no DELETE trigger.
    f"""CREATE TRIGGER audit_next_only BEFORE INSERT ON desk_auditrow
    WHEN NEW.number <> (SELECT COALESCE(MAX(number), 0) + 1 FROM desk_auditrow)
    OR EXISTS (SELECT 1 FROM desk_auditrow WHERE row_sha256 = NEW.row_sha256)
    BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"""
]
POSTGRESQL = [
    f"""CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$""",
    f"""CREATE FUNCTION audit_next() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NEW.number <> (SELECT COALESCE(MAX(number), 0) + 1 FROM desk_auditrow) THEN
        RAISE EXCEPTION '{REFUSAL}';
    END IF;
    RETURN NEW; END $$""",
    """CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON desk_auditrow
    FOR EACH ROW EXECUTE FUNCTION audit_refuse()""",
    """CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON desk_auditrow
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()""",
    """CREATE TRIGGER audit_next_only BEFORE INSERT ON desk_auditrow
    FOR EACH ROW EXECUTE FUNCTION audit_next()""",
]


def set_triggers(_apps: Any, schema: Any) -> None:
    """Set them, in the database's own words."""
    for statement in {"sqlite": SQLITE, "postgresql": POSTGRESQL}[schema.connection.vendor]:
        schema.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("desk", "0003_signing_in")]

    operations = [migrations.RunPython(set_triggers, migrations.RunPython.noop)]
