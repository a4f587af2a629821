# ruff: noqa: RUF012 - Django asks for plain class attributes here.
"""A step of the tables, written by `makemigrations`."""

import django.db.models.deletion
from django.db import migrations, models

import notcontent.exchange.today


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("lists", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Partner",
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
                ("name", models.CharField(max_length=100, unique=True)),
                ("country", models.CharField(max_length=2)),
                ("site", models.CharField(blank=True, default="", max_length=253)),
                ("proves_forgetting", models.BooleanField(default=True)),
                ("active", models.BooleanField(default=True)),
                ("joined", models.DateField(default=notcontent.exchange.today.utc_today)),
            ],
        ),
        migrations.CreateModel(
            name="Stream",
            fields=[
                (
                    "feed",
                    models.CharField(
                        default=notcontent.exchange.today.random_id,
                        editable=False,
                        max_length=32,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("epoch", models.BigIntegerField(default=1)),
                ("number", models.BigIntegerField(default=0)),
                (
                    "delta_sha256",
                    models.CharField(
                        default="0000000000000000000000000000000000000000000000000000000000000000", max_length=64
                    ),
                ),
                ("count", models.BigIntegerField(default=0)),
                ("oldest", models.BigIntegerField(default=1)),
                ("snapshot", models.BigIntegerField(default=0)),
                (
                    "snapshot_sha256",
                    models.CharField(
                        default="0000000000000000000000000000000000000000000000000000000000000000", max_length=64
                    ),
                ),
                ("snapshot_bytes", models.BigIntegerField(default=0)),
                ("guard_key", models.CharField(blank=True, default="", max_length=100)),
                ("acked_number", models.BigIntegerField(default=0)),
                (
                    "partner",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="stream", to="partners.partner"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Token",
            fields=[
                ("token_sha256", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("scope", models.CharField(default="feed report", max_length=50)),
                ("made", models.DateField(default=notcontent.exchange.today.utc_today)),
                ("expires", models.DateField()),
                ("revoked", models.BooleanField(default=False)),
                (
                    "stream",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="tokens", to="partners.stream"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Receipt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("state", models.CharField(max_length=8)),
                ("text", models.TextField()),
                ("signature", models.TextField()),
                ("day", models.DateField(default=notcontent.exchange.today.utc_today)),
                (
                    "listing",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="receipts", to="lists.listing"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("listing", "state"), name="receipt_counts_once")],
            },
        ),
        migrations.CreateModel(
            name="Report",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("report", models.CharField(max_length=32)),
                ("verdict", models.CharField(max_length=8)),
                ("decision", models.CharField(default=None, max_length=8, null=True)),
                ("reason", models.CharField(default=None, max_length=32, null=True)),
                ("day", models.DateField()),
                (
                    "listing",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="reports", to="lists.listing"
                    ),
                ),
                (
                    "stream",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="reports", to="partners.stream"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("stream", "report"), name="report_counts_once")],
            },
        ),
    ]
