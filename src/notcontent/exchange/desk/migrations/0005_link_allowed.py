# ruff: noqa: RUF012 - Django asks for plain class attributes here.
"""Whether two people agreed that an account gets a link."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("desk", "0004_append_only"),
    ]

    operations = [
        migrations.AddField(
            model_name="account",
            name="link_allowed",
            field=models.BooleanField(default=False),
        ),
    ]
