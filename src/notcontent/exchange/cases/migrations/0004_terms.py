# ruff: noqa: RUF012 - Django asks for plain class attributes here.
"""A step of the tables: when a case was closed, and legal holds."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0003_spoken"),
    ]

    operations = [
        migrations.AddField(
            model_name="case",
            name="closed",
            field=models.DateField(db_index=True, default=None, null=True),
        ),
        # The terms of what was withdrawn before there were any run from that day.
        migrations.RunSQL(
            "UPDATE cases_case SET closed = withdrawn WHERE withdrawn IS NOT NULL", migrations.RunSQL.noop
        ),
        migrations.CreateModel(
            name="LegalHold",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("contact", models.BooleanField()),
                ("letters", models.BooleanField()),
                ("reason", models.TextField()),
                ("since", models.DateField()),
                ("until", models.DateField(db_index=True)),
                (
                    "case",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="legal_hold", to="cases.case"
                    ),
                ),
            ],
        ),
    ]
