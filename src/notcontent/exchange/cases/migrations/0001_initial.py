# ruff: noqa: RUF012 - Django asks for plain class attributes here.
"""A step of the tables, written by `makemigrations`."""

from django.db import migrations, models

import notcontent.exchange.today


class Migration(migrations.Migration):
    initial = True

    dependencies: list[tuple[str, str]] = []

    operations = [
        migrations.CreateModel(
            name="Case",
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
                ("locator_sha256", models.CharField(max_length=64, unique=True)),
                ("look_sha256", models.CharField(max_length=64)),
                ("withdraw_sha256", models.CharField(max_length=64)),
                (
                    "circumstance",
                    models.CharField(
                        choices=[
                            ("online", "It is online"),
                            ("threatened", "Somebody threatens to share it"),
                            ("worried", "To be ready"),
                        ],
                        max_length=16,
                    ),
                ),
                ("opened", models.DateField(default=notcontent.exchange.today.utc_today)),
                ("withdrawn", models.DateField(db_index=True, default=None, null=True)),
                ("erased_here", models.DateField(default=None, null=True)),
            ],
        ),
    ]
