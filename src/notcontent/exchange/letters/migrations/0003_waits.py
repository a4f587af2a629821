# ruff: noqa: RUF012 - Django asks for plain class attributes here.
"""A step of the tables: which letters of hers wait for the helpline. What nobody has read until now does."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def let_unread_wait(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Letters of hers that were not read."""
    apps.get_model("letters", "Letter").objects.filter(sender="you", read=False).update(waits=True)


class Migration(migrations.Migration):
    dependencies = [("letters", "0002_helpline_keys")]

    operations = [
        migrations.AddField(model_name="letter", name="waits", field=models.BooleanField(default=False)),
        migrations.RunPython(let_unread_wait, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="letter",
            index=models.Index(condition=models.Q(("waits", True)), fields=["day", "id"], name="letter_waits"),
        ),
    ]
