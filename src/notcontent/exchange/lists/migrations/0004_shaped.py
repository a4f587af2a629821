# ruff: noqa: RUF012 - Django asks for plain class attributes here.
"""A step of the tables: fingerprints on streams in StopNCII's shape."""

import django.db.models.deletion
from django.db import migrations, models

import notcontent.exchange.today


class Migration(migrations.Migration):
    dependencies = [
        ("lists", "0003_videos"),
        ("partners", "0003_clients"),
    ]

    operations = [
        migrations.CreateModel(
            name="ShapedHash",
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
                ("value", models.CharField(max_length=64)),
                ("number", models.BigIntegerField()),
                ("day", models.BigIntegerField()),
                ("given", models.BooleanField(default=False)),
                ("withdrawn", models.DateField(db_index=True, default=None, null=True)),
                ("listings", models.ManyToManyField(related_name="shaped", to="lists.listing")),
                (
                    "stream",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="shaped", to="partners.stream"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["stream", "day", "id"], name="shaped_by_day")],
                "constraints": [models.UniqueConstraint(fields=("stream", "value"), name="shaped_once_a_stream")],
            },
        ),
    ]
