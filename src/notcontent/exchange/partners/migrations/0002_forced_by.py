# ruff: noqa: RUF012 - Django asks for plain class attributes here.
"""A step of the tables: which states can force a site."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("partners", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="partner",
            name="forced_by",
            field=models.JSONField(default=list),
        ),
    ]
