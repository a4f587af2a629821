# ruff: noqa: RUF012 - Django asks for plain class attributes here.
"""Accounts with roles, and what one person asks another to agree to."""

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import notcontent.exchange.today


def keep_who_worked_here(apps: Any, _schema: object) -> None:
    """Until now every account could do everything at the desk: it keeps the roles of those who work there."""
    accounts, held = apps.get_model("desk", "Account"), apps.get_model("desk", "RoleHeld")
    for user in apps.get_model("auth", "User").objects.all():
        account = accounts.objects.create(user=user, id=notcontent.exchange.today.random_short_id())
        for role in ("desk", "lead"):
            held.objects.create(account=account, role=role)


class Migration(migrations.Migration):
    dependencies = [
        ("desk", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Account",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=notcontent.exchange.today.random_short_id,
                        max_length=16,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="account",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RoleHeld",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("role", models.CharField(max_length=10)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="held", to="desk.account"
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="roleheld",
            constraint=models.UniqueConstraint(fields=("account", "role"), name="a_role_once"),
        ),
        migrations.CreateModel(
            name="Proposal",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=notcontent.exchange.today.random_short_id,
                        max_length=16,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("act", models.CharField(max_length=36)),
                ("subject", models.CharField(max_length=64)),
                ("payload", models.TextField()),
                ("reason", models.TextField()),
                ("asked", models.DateField()),
                ("asked_by", models.CharField(max_length=150)),
                ("decided", models.DateField(null=True)),
                ("decided_by", models.CharField(default="", max_length=150)),
                ("agreed", models.BooleanField(null=True)),
            ],
        ),
        migrations.RunPython(keep_who_worked_here, migrations.RunPython.noop),
    ]
