# ruff: noqa: RUF012, S608 - Django asks for plain class attributes here; the SQL is made of words of this file.
"""The tables of evidence. The database itself refuses to change or delete rows of custody, or to put one in between.

WARNING: a later step that makes SQLite rebuild the table of custody has to set these triggers again.
"""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

import notcontent.exchange.today

TABLE = "evidence_custodyrow"
REFUSAL = "custody is append-only"
NOT_NEXT = f"""NEW.number <> (SELECT COALESCE(MAX(number), 0) + 1 FROM {TABLE} WHERE evidence = NEW.evidence)"""
SQLITE = [
    f"""CREATE TRIGGER custody_no_{what} BEFORE {what.upper()} ON {TABLE}
    BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"""
    for what in ("update", "delete")
] + [
    # Also what INSERT OR REPLACE would replace, for which SQLite asks no DELETE trigger.
    f"""CREATE TRIGGER custody_next_only BEFORE INSERT ON {TABLE}
    WHEN {NOT_NEXT} OR EXISTS (SELECT 1 FROM {TABLE} WHERE id = NEW.id)
    BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"""
]
POSTGRESQL = [
    f"""CREATE FUNCTION custody_refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$""",
    f"""CREATE FUNCTION custody_next() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF {NOT_NEXT} THEN RAISE EXCEPTION '{REFUSAL}'; END IF;
    RETURN NEW; END $$""",
    f"""CREATE TRIGGER custody_no_change BEFORE UPDATE OR DELETE ON {TABLE}
    FOR EACH ROW EXECUTE FUNCTION custody_refuse()""",
    f"""CREATE TRIGGER custody_no_truncate BEFORE TRUNCATE ON {TABLE}
    FOR EACH STATEMENT EXECUTE FUNCTION custody_refuse()""",
    f"""CREATE TRIGGER custody_next_only BEFORE INSERT ON {TABLE}
    FOR EACH ROW EXECUTE FUNCTION custody_next()""",
]


def set_triggers(_apps: Any, schema: Any) -> None:
    """Set them, in the database's own words."""
    for statement in {"sqlite": SQLITE, "postgresql": POSTGRESQL}[schema.connection.vendor]:
        schema.execute(statement)


class Migration(migrations.Migration):
    initial = True

    dependencies: list[tuple[str, str]] = []

    operations = [
        migrations.CreateModel(
            name="Evidence",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=notcontent.exchange.today.random_id,
                        editable=False,
                        max_length=32,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("case_id", models.CharField(db_index=True, max_length=32)),
                ("manifest", models.TextField()),
                ("signature", models.TextField()),
                ("manifest_sha256", models.CharField(max_length=64)),
                ("sealed", models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name="ExportPermit",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=notcontent.exchange.today.random_short_id,
                        editable=False,
                        max_length=16,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("case_id", models.CharField(db_index=True, max_length=32)),
                ("reader", models.CharField(max_length=150)),
                ("begun", models.DateField()),
                ("until", models.DateField()),
            ],
        ),
        migrations.CreateModel(
            name="CustodyRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("evidence", models.CharField(max_length=32)),
                ("number", models.PositiveIntegerField()),
                ("at", models.CharField(max_length=20)),
                ("actor", models.CharField(max_length=150)),
                ("what", models.CharField(max_length=80)),
                ("previous_sha256", models.CharField(max_length=64)),
                ("row_sha256", models.CharField(max_length=64)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("evidence", "number"), name="custody_number_once")],
            },
        ),
        migrations.CreateModel(
            name="Timestamp",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("authority", models.CharField(max_length=60)),
                ("reply", models.BinaryField()),
                ("certificates", models.TextField()),
                ("at", models.DateTimeField()),
                (
                    "evidence",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="stamps", to="evidence.evidence"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("evidence", "authority"), name="stamp_once_an_authority")
                ],
            },
        ),
        migrations.RunPython(set_triggers, migrations.RunPython.noop),
    ]
