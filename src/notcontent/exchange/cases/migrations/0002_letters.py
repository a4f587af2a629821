# ruff: noqa: RUF012 - Django asks for plain class attributes here.
"""A step of the tables: what the whole page says of a case besides its codes."""

import django.db.models.deletion
from django.db import migrations, models

import notcontent.exchange.today


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0001_initial"),
        ("partners", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="case",
            name="forget",
            field=models.CharField(
                blank=True,
                choices=[("matching", "Stop matching"), ("everything", "Forget everything")],
                default="",
                max_length=10,
            ),
        ),
        # Until now a withdrawal took back the codes, and there was nothing else.
        migrations.RunSQL(
            "UPDATE cases_case SET forget = 'matching' WHERE withdrawn IS NOT NULL", migrations.RunSQL.noop
        ),
        migrations.AddField(
            model_name="case",
            name="later_sites",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="case",
            name="reply_to",
            field=models.CharField(blank=True, default="", max_length=64),
        ),
        migrations.AddField(
            model_name="case",
            name="wait_days",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="case",
            name="withdraws_on",
            field=models.DateField(db_index=True, default=None, null=True),
        ),
        migrations.AlterField(
            model_name="case",
            name="circumstance",
            field=models.CharField(
                blank=True,
                choices=[
                    ("online", "It is online"),
                    ("threatened", "Somebody threatens to share it"),
                    ("worried", "To be ready"),
                    ("no_file", "She does not have the file"),
                ],
                max_length=16,
            ),
        ),
        migrations.CreateModel(
            name="Statement",
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
                (
                    "notices",
                    models.CharField(
                        choices=[
                            ("ask", "ask her each time"),
                            ("go", "without asking again"),
                            ("revoked", "taken back"),
                        ],
                        max_length=8,
                    ),
                ),
                ("day", models.DateField(default=notcontent.exchange.today.utc_today)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="statements", to="cases.case"
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="statements", to="partners.partner"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("case", "partner"), name="statement_once_a_site")],
            },
        ),
    ]
