# ruff: noqa: RUF012 - Django asks for plain class attributes here.
"""A step of the tables: unread letters are counted by an index."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("letters", "0004_notices"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="letter",
            index=models.Index(fields=["sender"], condition=models.Q(("read", False)), name="letter_unread"),
        ),
    ]
