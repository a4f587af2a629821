# ruff: noqa: RUF012 - Django asks for plain class attributes here.
"""A step of the tables, written by `makemigrations`."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies: list[tuple[str, str]] = []

    operations = [
        migrations.CreateModel(
            name="AuditRow",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("day", models.DateField()),
                ("actor", models.CharField(max_length=150)),
                ("action", models.CharField(max_length=50)),
                ("subject", models.CharField(max_length=64)),
                ("reason", models.TextField()),
                ("previous_sha256", models.CharField(max_length=64)),
                ("row_sha256", models.CharField(max_length=64, unique=True)),
            ],
        ),
    ]
