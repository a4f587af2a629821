# ruff: noqa: RUF012 - Django asks for plain class attributes here.
"""A step of the tables: the helpline's keys move from exchange.json into a table; a letter knows what it is about."""

import json

from django.apps.registry import Apps
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

import notcontent.exchange.today
from notcontent.letter import parse_key


def take_over_keys(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Keys that an earlier version kept in exchange.json."""
    try:
        held = json.loads(settings.FOLDER.profile.read_bytes()).get("helpline_keys", [])
    except FileNotFoundError:
        return
    model = apps.get_model("letters", "HelplineKey")
    for number, key in enumerate(dict.fromkeys(map(parse_key, held)), start=1):
        model.objects.create(public=key, name=f"key {number}")


class Migration(migrations.Migration):
    dependencies = [("letters", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="HelplineKey",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=notcontent.exchange.today.random_short_id,
                        editable=False,
                        max_length=16,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("public", models.CharField(max_length=64)),
                ("name", models.CharField(max_length=60)),
                ("is_recovery", models.BooleanField(default=False)),
                ("added", models.DateField(default=notcontent.exchange.today.utc_today)),
                ("taken_out", models.DateField(default=None, null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("taken_out", None)), fields=("public",), name="helpline_key_in_use_once"
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="letter",
            name="about",
            field=models.CharField(
                choices=[("message", "a message"), ("contact", "how to reach her")], default="message", max_length=8
            ),
        ),
        migrations.AddField(model_name="letter", name="stale", field=models.BooleanField(default=False)),
        migrations.AddIndex(
            model_name="letter",
            index=models.Index(condition=models.Q(("stale", True)), fields=["id"], name="letter_stale"),
        ),
        migrations.RunPython(take_over_keys, migrations.RunPython.noop),
    ]
