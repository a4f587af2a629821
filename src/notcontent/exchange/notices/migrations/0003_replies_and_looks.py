# ruff: noqa: RUF012 - Django asks for plain class attributes here.
"""Mails that were kept, and when somebody looks again whether a picture is gone."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0004_terms"),
        ("letters", "0004_notices"),
        ("notices", "0002_letters_of_the_ladder"),
        ("partners", "0007_reports_lately"),
    ]

    operations = [
        migrations.CreateModel(
            name="Mail",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sha256", models.CharField(max_length=64)),
            ],
        ),
        migrations.AddField(
            model_name="notice",
            name="look_at",
            field=models.DateTimeField(default=None, null=True),
        ),
        migrations.AddField(
            model_name="notice",
            name="looks",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="notice",
            name="seemed",
            field=models.CharField(
                blank=True,
                choices=[("", "not asked"), ("gone", "it seems gone"), ("unclear", "can't tell")],
                default="",
                max_length=7,
            ),
        ),
        migrations.AddField(
            model_name="notice",
            name="seemed_at",
            field=models.DateTimeField(default=None, null=True),
        ),
        migrations.AlterField(
            model_name="step",
            name="origin",
            field=models.CharField(
                choices=[
                    ("helpline", "somebody at the helpline"),
                    ("site", "the site"),
                    ("mail", "the mail's own headers"),
                    ("header", "the headers of the page alone"),
                    ("clock", "the clock"),
                    ("her", "she"),
                ],
                max_length=8,
            ),
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(condition=models.Q(("look_at__isnull", False)), fields=["look_at"], name="notice_look"),
        ),
        migrations.AddField(
            model_name="mail",
            name="notice",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="mails", to="notices.notice"
            ),
        ),
        migrations.AddConstraint(
            model_name="mail",
            constraint=models.UniqueConstraint(fields=("notice", "sha256"), name="mail_once"),
        ),
    ]
