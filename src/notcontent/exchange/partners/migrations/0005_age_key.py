# ruff: noqa: RUF012 - Django asks for plain class attributes here.
"""A step of the tables: the keys that snapshots are encrypted to."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("partners", "0004_vetting"),
    ]

    operations = [
        migrations.AddField(
            model_name="stream",
            name="age_key",
            field=models.CharField(blank=True, default="", max_length=100),
        ),
        migrations.AddField(
            model_name="stream",
            name="snapshot_age_key",
            field=models.CharField(blank=True, default="", max_length=100),
        ),
    ]
