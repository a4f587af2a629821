# ruff: noqa: RUF012 - Django asks for plain class attributes here.
"""A step of the tables: an entry is a picture or a video."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("lists", "0002_initial"),
    ]

    operations = [
        migrations.RenameField(model_name="entry", old_name="orientations", new_name="fingerprints"),
        migrations.AlterField(
            model_name="entry",
            name="quality",
            field=models.PositiveSmallIntegerField(null=True),
        ),
    ]
