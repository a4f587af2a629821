# ruff: noqa: RUF012 - Django asks for plain class attributes here.
"""A step of the tables: when each job of every day was last done."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("lists", "0004_shaped")]

    operations = [
        migrations.CreateModel(
            name="DoneDaily",
            fields=[
                ("name", models.CharField(max_length=100, primary_key=True, serialize=False)),
                ("day", models.DateField(default=None, null=True)),
            ],
        ),
    ]
