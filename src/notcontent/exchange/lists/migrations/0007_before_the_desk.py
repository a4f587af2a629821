# ruff: noqa: RUF012 - Django asks for plain class attributes here.
"""A step of the tables: what is before the desk, what rests meanwhile, and tiers that rose."""

import django.db.models.deletion
from django.db import migrations, models

import notcontent.exchange.today


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0003_spoken"),
        ("lists", "0006_recalled"),
    ]

    operations = [
        migrations.CreateModel(
            name="TierChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("tier", models.CharField(max_length=8)),
                ("why", models.CharField(max_length=20)),
                ("day", models.DateField(default=notcontent.exchange.today.utc_today)),
                ("audited", models.BooleanField(default=False)),
            ],
        ),
        migrations.AddField(
            model_name="entry",
            name="contest",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "nobody has"),
                    ("site", "its sites said so; it rests there at most"),
                    ("all", "under two owners; it rests everywhere"),
                    ("out", "two people at the desk have taken it out"),
                ],
                default="",
                max_length=4,
            ),
        ),
        migrations.AddField(
            model_name="entry",
            name="famous",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="listing",
            name="paused",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="listing",
            name="paused_there",
            field=models.BooleanField(default=False),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(condition=models.Q(("famous", True)), fields=["made"], name="entry_famous"),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(
                condition=models.Q(("contest", ""), _negated=True), fields=["made"], name="entry_contested"
            ),
        ),
        migrations.AddField(
            model_name="tierchange",
            name="entry",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="tier_changes", to="lists.entry"
            ),
        ),
        migrations.AddIndex(
            model_name="tierchange",
            index=models.Index(
                condition=models.Q(("audited", False)),
                fields=["id"],
                name="tier_change_not_audited",
            ),
        ),
    ]
