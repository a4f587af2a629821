# ruff: noqa: RUF012 - Django asks for plain class attributes here.
"""A step of the tables: wrong passwords are counted for all of the desk's processes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("desk", "0002_roles")]

    operations = [
        migrations.CreateModel(
            name="FailedTries",
            fields=[
                ("name_sha256", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("failed", models.PositiveIntegerField(default=0)),
                ("last_s", models.FloatField(default=0.0)),
            ],
        ),
    ]
