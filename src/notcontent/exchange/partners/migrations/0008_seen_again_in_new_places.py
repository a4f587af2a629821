# ruff: noqa: RUF012 - Django asks for plain class attributes here.
"""A step of the tables: that a site saw an entry again in a new place."""

import django.db.models.deletion
from django.db import migrations, models

import notcontent.exchange.today


class Migration(migrations.Migration):
    dependencies = [("partners", "0007_reports_lately")]

    operations = [
        migrations.CreateModel(
            name="SeenAgain",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("week", models.DateField()),
                ("told", models.DateField(db_index=True, default=notcontent.exchange.today.utc_today)),
                (
                    "listing",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="seen_again", to="lists.listing"
                    ),
                ),
            ],
        ),
    ]
