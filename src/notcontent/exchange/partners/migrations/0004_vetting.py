# ruff: noqa: RUF012 - Django asks for plain class attributes here.
"""A step of the tables: vettings, scopes, suspensions, renewed tokens, signed requests, canaries."""

import django.db.models.deletion
from django.db import migrations, models

import notcontent.exchange.today


class Migration(migrations.Migration):
    dependencies = [
        ("partners", "0003_clients"),
    ]

    operations = [
        migrations.CreateModel(
            name="SeenRequest",
            fields=[
                ("digest", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("made", models.BigIntegerField(db_index=True)),
            ],
        ),
        migrations.AddField(
            model_name="partner",
            name="suspended",
            field=models.DateField(default=None, null=True),
        ),
        migrations.AddField(
            model_name="stream",
            name="demands_signatures",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="stream",
            name="heard",
            field=models.DateTimeField(default=None, null=True),
        ),
        migrations.AddField(
            model_name="stream",
            name="holds_excused",
            field=models.DateField(default=None, null=True),
        ),
        migrations.AddField(
            model_name="stream",
            name="narrowed_by_rule",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="stream",
            name="signed",
            field=models.DateField(default=None, null=True),
        ),
        migrations.AddField(
            model_name="stream",
            name="verified_only",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="token",
            name="replaces",
            field=models.CharField(blank=True, default="", max_length=64),
        ),
        migrations.AddField(
            model_name="token",
            name="shown_late",
            field=models.DateField(default=None, null=True),
        ),
        migrations.AddField(
            model_name="token",
            name="taken",
            field=models.BooleanField(default=False),
        ),
        migrations.AlterField(
            model_name="stream",
            name="client",
            field=models.CharField(
                choices=[
                    ("guard", "a guard"),
                    ("bot", "a guard behind a group's bot"),
                    ("tx", "notcontent's own extension of tx and HMA"),
                    ("stopncii", "a client of StopNCII.org's exchange"),
                ],
                default="guard",
                max_length=8,
            ),
        ),
        migrations.CreateModel(
            name="Canary",
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
                ("fingerprints", models.BinaryField()),
                ("tier", models.CharField(default="claimed", max_length=8)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "not sent yet"),
                            ("live", "sent"),
                            ("leaving", "withdrawal not sent yet"),
                            ("gone", "withdrawal sent"),
                        ],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("made", models.DateField(default=notcontent.exchange.today.utc_today)),
                ("sent_number", models.BigIntegerField(default=None, null=True)),
                ("withdrawn_number", models.BigIntegerField(default=None, null=True)),
                (
                    "stream",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="canaries", to="partners.stream"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Vetting",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(default=notcontent.exchange.today.utc_today)),
                ("review_again", models.DateField()),
                ("run_by", models.CharField(max_length=200)),
                ("runs_in", models.CharField(max_length=2)),
                ("reviewers", models.PositiveSmallIntegerField()),
                ("reviewers_are", models.CharField(max_length=200)),
                ("longest_hold_hours", models.PositiveSmallIntegerField()),
                ("appeal", models.TextField(max_length=500)),
                ("token_holder", models.CharField(max_length=200)),
                ("why_scope", models.TextField(max_length=500)),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="vettings", to="partners.partner"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CanarySeen",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("report", models.CharField(max_length=32)),
                ("day", models.DateField(default=notcontent.exchange.today.utc_today)),
                (
                    "canary",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="seen", to="partners.canary"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("canary", "report"), name="canary_seen_once")],
            },
        ),
    ]
