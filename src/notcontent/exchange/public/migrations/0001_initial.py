# ruff: noqa: RUF012 - Django asks for plain class attributes here.
"""A step of the tables: counts of months, and demands."""

from django.db import migrations, models

import notcontent.exchange.today


class Migration(migrations.Migration):
    initial = True

    dependencies: list[tuple[str, str]] = []

    operations = [
        migrations.CreateModel(
            name="Demand",
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
                ("month", models.DateField(db_index=True)),
                ("country", models.CharField(max_length=2)),
                ("obeyed", models.BooleanField()),
            ],
        ),
        migrations.CreateModel(
            name="Month",
            fields=[
                ("first_day", models.DateField(primary_key=True, serialize=False)),
                ("listed", models.PositiveBigIntegerField()),
                ("held", models.PositiveBigIntegerField()),
                ("released", models.PositiveBigIntegerField()),
                ("disputed", models.PositiveBigIntegerField()),
                ("withdrawn", models.PositiveBigIntegerField()),
                ("decided", models.PositiveBigIntegerField()),
                ("median_hold_days", models.FloatField(null=True)),
            ],
        ),
    ]
