# ruff: noqa: RUF012 - Django asks for plain class attributes here.
"""A step of the tables, written by `makemigrations`."""

import django.db.models.deletion
from django.db import migrations, models

import notcontent.exchange.today


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("cases", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Entry",
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
                ("kind", models.CharField(max_length=16)),
                ("orientations", models.BinaryField()),
                ("quality", models.PositiveSmallIntegerField()),
                ("tier", models.CharField(default="claimed", max_length=8)),
                ("made", models.DateField(default=notcontent.exchange.today.utc_today)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="entries", to="cases.case"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Listing",
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
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "not sent yet"),
                            ("live", "sent"),
                            ("leaving", "withdrawal not sent yet"),
                            ("gone", "withdrawal sent"),
                            ("cancelled", "withdrawn before it was ever sent"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("due", models.BooleanField(default=True)),
                ("added_number", models.BigIntegerField(default=None, null=True)),
                ("withdrawn_number", models.BigIntegerField(default=None, null=True)),
                ("listed_day", models.DateField(default=None, null=True)),
                (
                    "entry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="listings", to="lists.entry"
                    ),
                ),
            ],
        ),
    ]
