# ruff: noqa: RUF012 - Django asks for plain class attributes here.
"""A step of the tables: the tables of notices: what they say is sealed."""

import django.db.models.deletion
from django.db import migrations, models

import notcontent.exchange.today


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("cases", "0003_spoken"),
        ("letters", "0004_notices"),
        ("partners", "0006_owner"),
    ]

    operations = [
        migrations.CreateModel(
            name="Notice",
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
                ("law", models.CharField(max_length=8)),
                ("rules", models.PositiveSmallIntegerField(default=1)),
                ("service", models.CharField(blank=True, default="", max_length=31)),
                ("way", models.CharField(max_length=5)),
                ("language", models.CharField(max_length=10)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "draft"),
                            ("complete", "complete"),
                            ("approved", "approved"),
                            ("sent", "sent"),
                            ("bounced", "bounced"),
                            ("acknowledged", "acknowledged"),
                            ("removed", "removed"),
                            ("partly", "partly"),
                            ("refused", "refused"),
                            ("silent", "silent"),
                            ("verified_gone", "verified_gone"),
                            ("reappeared", "reappeared"),
                            ("escalated", "escalated"),
                            ("closed", "closed"),
                            ("withdrawn", "withdrawn"),
                        ],
                        default="draft",
                        max_length=16,
                    ),
                ),
                ("work", models.BinaryField(default=b"")),
                ("text_sha256", models.CharField(blank=True, default="", max_length=64)),
                ("covered", models.CharField(default="unsure", max_length=6)),
                ("names_her", models.BooleanField(default=False)),
                (
                    "evidence",
                    models.CharField(
                        blank=True,
                        choices=[("", "nobody said yet"), ("kept", "kept"), ("skipped", "knowingly skipped")],
                        default="",
                        max_length=7,
                    ),
                ),
                ("evidence_record", models.CharField(blank=True, default="", max_length=32)),
                (
                    "her_word",
                    models.CharField(
                        blank=True,
                        choices=[("", "not asked"), ("asked", "asked"), ("yes", "yes"), ("no", "no")],
                        default="",
                        max_length=5,
                    ),
                ),
                ("her_day", models.DateField(default=None, null=True)),
                ("drafted", models.DateField(default=notcontent.exchange.today.utc_today)),
                ("drafted_by", models.CharField(max_length=150)),
                ("approved_by", models.CharField(blank=True, default="", max_length=150)),
                ("handed", models.DateTimeField(default=None, null=True)),
                ("sent", models.DateTimeField(default=None, null=True)),
                ("proof", models.CharField(blank=True, default="", max_length=200)),
                ("received", models.DateTimeField(default=None, null=True)),
                ("decided", models.DateTimeField(default=None, null=True)),
                ("reply_sha256", models.CharField(blank=True, default="", max_length=64)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="notices", to="cases.case"
                    ),
                ),
                (
                    "letter",
                    models.ForeignKey(
                        default=None, null=True, on_delete=django.db.models.deletion.SET_NULL, to="letters.letter"
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        default=None, null=True, on_delete=django.db.models.deletion.SET_NULL, to="partners.partner"
                    ),
                ),
                (
                    "previous",
                    models.ForeignKey(
                        default=None,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="later",
                        to="notices.notice",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Step",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("state", models.CharField(max_length=16)),
                ("at", models.DateTimeField()),
                (
                    "origin",
                    models.CharField(
                        choices=[
                            ("helpline", "somebody at the helpline"),
                            ("site", "the site"),
                            ("mail", "the mail's own headers"),
                            ("header", "a program that asked for the headers of the page alone"),
                            ("clock", "the clock"),
                            ("her", "she"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "no reason given"),
                            ("not_intimate", "not intimate"),
                            ("not_entitled", "not entitled to ask"),
                            ("not_found", "not found"),
                            ("more_wanted", "wants to know more"),
                            ("not_covered", "says that the law does not cover it"),
                        ],
                        default="",
                        max_length=12,
                    ),
                ),
                ("rung", models.CharField(blank=True, default="", max_length=20)),
                ("country", models.CharField(blank=True, default="", max_length=2)),
                (
                    "notice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="steps", to="notices.notice"
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(fields=["state", "drafted", "id"], name="notice_state"),
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(
                condition=models.Q(("reply_sha256", ""), _negated=True), fields=["reply_sha256"], name="notice_reply"
            ),
        ),
    ]
