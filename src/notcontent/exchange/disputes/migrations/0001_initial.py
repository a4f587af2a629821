# ruff: noqa: RUF012 - Django asks for plain class attributes here.
"""A step of the tables: disputes."""

import django.db.models.deletion
from django.db import migrations, models

import notcontent.exchange.today


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("partners", "0006_owner"),
    ]

    operations = [
        migrations.CreateModel(
            name="Dispute",
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
                    "kind",
                    models.CharField(
                        choices=[
                            ("not_intimate", "It is not intimate"),
                            ("public_interest", "It is of public interest"),
                            ("published_myself", "I published this myself"),
                            ("shown_and_agree", "I am shown and agree"),
                        ],
                        max_length=16,
                    ),
                ),
                ("day", models.DateField(db_index=True, default=notcontent.exchange.today.utc_today)),
                (
                    "answer",
                    models.CharField(
                        choices=[
                            ("open", "nobody has decided yet"),
                            ("upheld", "the hold or block stands"),
                            ("released", "this upload need not be stopped"),
                        ],
                        default="open",
                        max_length=8,
                    ),
                ),
                ("answered", models.DateField(default=None, null=True)),
                (
                    "her_word",
                    models.CharField(
                        blank=True,
                        choices=[("", "nothing yet"), ("yes", "that is so"), ("no", "that is not so")],
                        default="",
                        max_length=3,
                    ),
                ),
                (
                    "report",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="dispute", to="partners.report"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(condition=models.Q(("answer", "open")), fields=["day"], name="dispute_open")]
            },
        ),
    ]
