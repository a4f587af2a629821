# ruff: noqa: RUF012 - Django asks for plain class attributes here.
"""A step of the tables: a letter after a notice says which step of the ladder it is."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notices", "0001_notices")]

    operations = [
        migrations.AddField(
            model_name="notice", name="rung", field=models.CharField(blank=True, default="", max_length=20)
        ),
    ]
