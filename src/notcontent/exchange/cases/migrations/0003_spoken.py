# ruff: noqa: RUF012 - Django asks for plain class attributes here.
"""A step of the tables: whether two people at the desk have spoken with her."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0002_letters"),
    ]

    operations = [
        migrations.AddField(
            model_name="case",
            name="spoken",
            field=models.DateField(default=None, null=True),
        ),
    ]
