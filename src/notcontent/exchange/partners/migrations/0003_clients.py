# ruff: noqa: RUF012 - Django asks for plain class attributes here.
"""A step of the tables: what a partner follows its stream with."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("partners", "0002_forced_by"),
    ]

    operations = [
        migrations.AddField(
            model_name="stream",
            name="client",
            field=models.CharField(
                choices=[
                    ("guard", "a guard"),
                    ("tx", "notcontent's own extension of tx and HMA"),
                    ("stopncii", "a client of StopNCII.org's exchange"),
                ],
                default="guard",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="stream",
            name="given_number",
            field=models.BigIntegerField(default=0),
        ),
    ]
