# ruff: noqa: RUF012 - Django asks for plain class attributes here.
"""A step of the tables, written by `makemigrations`."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("lists", "0001_initial"),
        ("partners", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="listing",
            name="stream",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="listings", to="partners.stream"
            ),
        ),
        migrations.AddIndex(
            model_name="listing",
            index=models.Index(condition=models.Q(("due", True)), fields=["stream"], name="listing_due"),
        ),
        migrations.AddIndex(
            model_name="listing",
            index=models.Index(fields=["stream", "added_number"], name="listing_by_number"),
        ),
        migrations.AddConstraint(
            model_name="listing",
            constraint=models.UniqueConstraint(fields=("entry", "stream"), name="entry_once_a_stream"),
        ),
    ]
