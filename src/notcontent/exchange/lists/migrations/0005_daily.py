# ruff: noqa: RUF012 - Django asks for plain class attributes here.
"""When each job of every day was last done."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """A small table."""

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
