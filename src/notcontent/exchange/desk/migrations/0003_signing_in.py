# ruff: noqa: RUF012 - Django asks for plain class attributes here.
"""Second factors, invitations, slow guessing, and who may read sealed contact."""

import django.db.models.deletion
from django.db import migrations, models

import notcontent.exchange.today


class Migration(migrations.Migration):
    dependencies = [
        ("desk", "0002_roles"),
    ]

    operations = [
        migrations.CreateModel(
            name="ContactPermit",
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
                ("case_id", models.CharField(db_index=True, max_length=32)),
                ("reader", models.CharField(max_length=150)),
                ("reason", models.TextField()),
                ("begun", models.DateField()),
                ("until", models.DateField()),
                ("alone", models.BooleanField()),
                ("signed_off", models.DateField(null=True)),
                ("signed_off_by", models.CharField(default="", max_length=150)),
                ("was_right", models.BooleanField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="DangerMark",
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
                ("case_id", models.CharField(max_length=32, unique=True)),
                ("day", models.DateField()),
                ("marked_by", models.CharField(max_length=150)),
            ],
        ),
        migrations.CreateModel(
            name="Tries",
            fields=[
                ("keyed_hash", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("failed", models.PositiveIntegerField(default=0)),
                ("last", models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.AddField(
            model_name="account",
            name="generation",
            field=models.PositiveIntegerField(default=1),
        ),
        migrations.AddField(
            model_name="account",
            name="invitation",
            field=models.CharField(db_index=True, default="", max_length=64),
        ),
        migrations.AddField(
            model_name="account",
            name="invited_until",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="account",
            name="totp_salt",
            field=models.CharField(default="", max_length=32),
        ),
        migrations.AddField(
            model_name="account",
            name="totp_step",
            field=models.BigIntegerField(default=0),
        ),
        migrations.CreateModel(
            name="RecoveryCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("keyed_hash", models.CharField(max_length=64)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="recovery_codes", to="desk.account"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SecurityKey",
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
                ("name", models.CharField(max_length=40)),
                ("added", models.DateField()),
                ("credential", models.BinaryField(max_length=1024, unique=True)),
                ("public_key", models.BinaryField(max_length=1024)),
                ("sign_count", models.BigIntegerField(default=0)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="security_keys", to="desk.account"
                    ),
                ),
            ],
        ),
    ]
