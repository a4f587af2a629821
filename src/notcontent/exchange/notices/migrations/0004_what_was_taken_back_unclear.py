# ruff: noqa: RUF012 - Django asks for plain class attributes here.
"""Notices that she took back while the relay had them are found without reading the rest."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notices", "0003_replies_and_looks")]

    operations = [
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(
                condition=models.Q(("handed__isnull", False), ("sent", None)), fields=["handed"], name="notice_unclear"
            ),
        ),
    ]
