# ruff: noqa: RUF012 - Django asks for plain class attributes here.
"""A step of the tables: how many codes were seen again in new places in each month."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("public", "0002_notices_of_quarters")]

    operations = [
        migrations.AddField(
            model_name="month",
            name="seen_again",
            field=models.PositiveBigIntegerField(default=0),
        ),
    ]
