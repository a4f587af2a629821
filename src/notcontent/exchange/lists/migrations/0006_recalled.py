# ruff: noqa: RUF012 - Django asks for plain class attributes here.
"""A step of the tables: entries taken back from a stream of verified ones."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("lists", "0005_daily"),
        ("partners", "0004_vetting"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="listing",
            name="entry_once_a_stream",
        ),
        migrations.AddField(
            model_name="listing",
            name="recalled",
            field=models.BooleanField(default=False),
        ),
        migrations.AddConstraint(
            model_name="listing",
            constraint=models.UniqueConstraint(
                condition=models.Q(("recalled", False)), fields=("entry", "stream"), name="entry_once_a_stream"
            ),
        ),
    ]
