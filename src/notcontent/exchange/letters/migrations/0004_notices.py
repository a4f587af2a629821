# ruff: noqa: RUF012 - Django asks for plain class attributes here.
"""A step of the tables: letters that only the helpline keeps, and what a letter is about."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("letters", "0003_waits"),
    ]

    operations = [
        migrations.AlterField(
            model_name="letter",
            name="about",
            field=models.CharField(
                choices=[
                    ("message", "a message"),
                    ("contact", "how to reach her"),
                    ("notice", "the exact text of a notice"),
                    ("reply", "what a site answered"),
                ],
                default="message",
                max_length=8,
            ),
        ),
        migrations.AlterField(
            model_name="letter",
            name="sender",
            field=models.CharField(
                choices=[("you", "she"), ("helpline", "the helpline"), ("file", "the helpline's own file")],
                max_length=8,
            ),
        ),
    ]
