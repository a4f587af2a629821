# ruff: noqa: RUF012 - Django asks for plain class attributes here.
"""A step of the tables: what was reported lately is counted from an index alone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("partners", "0006_owner")]

    operations = [
        migrations.AddIndex(
            model_name="report",
            index=models.Index(fields=["day", "verdict", "decision", "listing"], name="report_lately"),
        ),
    ]
