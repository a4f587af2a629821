# ruff: noqa: RUF012 - Django asks for plain class attributes here.
"""A step of the tables, written by `makemigrations`."""

import django.db.models.deletion
from django.db import migrations, models

import notcontent.exchange.today


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("cases", "0002_letters"),
    ]

    operations = [
        migrations.CreateModel(
            name="Letter",
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
                ("number", models.PositiveSmallIntegerField()),
                (
                    "sender",
                    models.CharField(
                        choices=[("you", "she"), ("helpline", "the helpline")],
                        max_length=8,
                    ),
                ),
                ("sealed", models.BinaryField()),
                ("day", models.DateField(default=notcontent.exchange.today.utc_today)),
                ("read", models.BooleanField(default=False)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="letters", to="cases.case"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("case", "number"), name="letter_number_once_a_case")],
            },
        ),
    ]
