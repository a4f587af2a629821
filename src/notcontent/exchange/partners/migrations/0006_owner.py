# ruff: noqa: RUF012 - Django asks for plain class attributes here.
"""A step of the tables: who owns a site, and what became of a decision."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("partners", "0005_age_key"),
    ]

    operations = [
        migrations.AddField(
            model_name="partner",
            name="owner",
            field=models.CharField(blank=True, default="", max_length=200),
        ),
        migrations.AddField(
            model_name="report",
            name="decided",
            field=models.DateField(default=None, null=True),
        ),
        migrations.AddField(
            model_name="report",
            name="weighed",
            field=models.BooleanField(default=False),
        ),
    ]
