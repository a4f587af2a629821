# ruff: noqa: RUF012 - Django asks for plain class attributes here.
"""A step of the tables: what stopped many uploads lately is noted as reports come, and counted there alone."""

from datetime import UTC, datetime, timedelta
from typing import Any

import django.db.models.deletion
from django.db import migrations, models


def note_what_stopped_many(apps: Any, _schema_editor: Any) -> None:
    report, often = (apps.get_model("partners", name) for name in ("Report", "OftenStopped"))
    today = datetime.now(UTC).date()
    days = [today - timedelta(days=back) for back in range(3)]
    stopped = report.objects.filter(verdict__in=("hold", "block"), day__in=days).values("listing_id")
    many = stopped.annotate(uploads=models.Count("*")).filter(uploads__gte=10)
    often.objects.bulk_create([often(listing_id=row["listing_id"], day=today) for row in many])


class Migration(migrations.Migration):
    dependencies = [("lists", "0007_before_the_desk"), ("partners", "0008_seen_again_in_new_places")]

    operations = [
        migrations.RemoveIndex(model_name="report", name="report_lately"),
        migrations.AddIndex(
            model_name="report",
            index=models.Index(fields=["day", "verdict", "listing", "decision"], name="report_lately"),
        ),
        migrations.CreateModel(
            name="OftenStopped",
            fields=[
                (
                    "listing",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="lists.listing",
                    ),
                ),
                ("day", models.DateField(db_index=True)),
            ],
        ),
        migrations.RunPython(note_what_stopped_many, migrations.RunPython.noop),
    ]
