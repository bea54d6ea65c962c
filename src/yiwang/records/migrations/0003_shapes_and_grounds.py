"""Shapes of generated tables; and in the read log on which ground, for which unit, somebody read."""

from __future__ import annotations

import django.contrib.postgres.fields
from django.db import migrations, models

# Adding columns with constant defaults rewrites nothing, in the parent and in every month.
READ_LOG = """
ALTER TABLE records_read_log
    ADD COLUMN ground text NOT NULL DEFAULT '',
    ADD COLUMN ground_id text NOT NULL DEFAULT '',
    ADD COLUMN unit_id uuid;
"""
BACK = "ALTER TABLE records_read_log DROP COLUMN ground, DROP COLUMN ground_id, DROP COLUMN unit_id"


class Migration(migrations.Migration):
    dependencies = [("records", "0002_discrepancies")]

    operations = [
        migrations.AddField(
            model_name="generatedtable",
            name="shape",
            field=models.TextField(db_comment="state | event", default="state"),
        ),
        migrations.AddField(
            model_name="generatedtable",
            name="lookups",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.TextField(),
                db_comment="columns by which records are looked for",
                default=list,
                size=None,
            ),
        ),
        migrations.RunSQL(
            READ_LOG,
            BACK,
            state_operations=[
                migrations.AddField(
                    model_name="read",
                    name="ground",
                    field=models.TextField(default=""),
                ),
                migrations.AddField(model_name="read", name="ground_id", field=models.TextField(default="")),
                migrations.AddField(model_name="read", name="unit_id", field=models.UUIDField(null=True)),
            ],
        ),
    ]
