"""A letter after a notice says which step of the ladder it is."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """See the module."""

    dependencies = (("notices", "0001_notices"),)
    operations = (
        migrations.AddField(
            model_name="notice", name="rung", field=models.CharField(blank=True, default="", max_length=20)
        ),
    )
