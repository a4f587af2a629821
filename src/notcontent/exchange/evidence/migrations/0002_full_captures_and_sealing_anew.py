"""Evidence that only offline keys open, permits to capture it, and which evidence waits to be sealed anew."""

from django.db import migrations, models

import notcontent.exchange.today


class Migration(migrations.Migration):
    dependencies = [("evidence", "0001_initial")]  # noqa: RUF012 - Django asks for plain class attributes

    operations = [  # noqa: RUF012
        migrations.AddField("evidence", "offline", models.BooleanField(default=False)),
        migrations.AddField("evidence", "stale", models.BooleanField(default=False)),
        migrations.AddIndex(
            "evidence",
            models.Index(condition=models.Q(("stale", True)), fields=["id"], name="evidence_stale"),
        ),
        migrations.CreateModel(
            name="CapturePermit",
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
                ("case_id", models.CharField(db_index=True, max_length=32)),
                ("reader", models.CharField(max_length=150)),
                ("address", models.CharField(max_length=64)),
                ("reason", models.CharField(max_length=1000)),
                ("begun", models.DateField()),
                ("until", models.DateField()),
            ],
        ),
    ]
