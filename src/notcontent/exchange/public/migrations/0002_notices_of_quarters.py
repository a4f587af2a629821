# ruff: noqa: RUF012 - Django asks for plain class attributes here.
"""A step of the tables: what became of the notices of each quarter."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("public", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="NoticeQuarter",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("first_day", models.DateField(db_index=True)),
                ("site", models.CharField(blank=True, max_length=31)),
                ("law", models.CharField(max_length=8)),
                ("sent", models.PositiveIntegerField()),
                ("acknowledged", models.PositiveIntegerField()),
                ("removed", models.PositiveIntegerField()),
                ("refused", models.PositiveIntegerField()),
                ("overdue", models.PositiveIntegerField()),
                ("refused_for", models.JSONField(default=dict)),
                ("timed", models.PositiveIntegerField()),
                ("hours", models.FloatField(null=True)),
            ],
            options={
                "constraints": (
                    models.UniqueConstraint(fields=["first_day", "site", "law"], name="notice_quarter_once"),
                ),
            },
        ),
    ]
