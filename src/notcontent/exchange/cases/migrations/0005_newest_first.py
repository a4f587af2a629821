# ruff: noqa: RUF012 - Django asks for plain class attributes here.
"""A step of the tables: the newest cases are listed by an index."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0004_terms"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["-opened", "id"], name="case_by_day"),
        ),
    ]
