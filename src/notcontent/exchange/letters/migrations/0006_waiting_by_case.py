# ruff: noqa: RUF012 - Django asks for plain class attributes here.
"""A step of the tables: what waits is counted by case from an index alone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("letters", "0005_unread")]

    operations = [
        migrations.RemoveIndex(model_name="letter", name="letter_waits"),
        migrations.AddIndex(
            model_name="letter",
            index=models.Index(
                condition=models.Q(("waits", True)), fields=["case", "day", "read", "about"], name="letter_waits"
            ),
        ),
    ]
