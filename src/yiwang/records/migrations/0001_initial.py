import django.contrib.postgres.fields
from django.db import migrations, models

import yiwang.kernel.ids

# The schema of generated tables belongs to the owner; the application may add versions there and change none.
SCHEMA = """
CREATE SCHEMA IF NOT EXISTS records;
GRANT USAGE ON SCHEMA records TO yiwang_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA records GRANT SELECT, INSERT ON TABLES TO yiwang_app;
REVOKE INSERT, UPDATE, DELETE ON records_generated_table FROM yiwang_app;
"""

READ_LOG = """
CREATE TABLE records_read_log (
    id uuid NOT NULL,
    read_at timestamptz NOT NULL,
    machine_time timestamptz NOT NULL,
    subject_id uuid NOT NULL,
    account_id uuid,
    capacity text NOT NULL,
    capacity_id uuid,
    reader_subject_id uuid,
    resource text NOT NULL,
    elements text[] NOT NULL,
    purpose text NOT NULL,
    release integer NOT NULL,
    correlation_id text NOT NULL DEFAULT '',
    origin text NOT NULL DEFAULT 'live',
    PRIMARY KEY (read_at, id)
) PARTITION BY RANGE (read_at);
CREATE INDEX records_read_log_by_subject ON records_read_log (subject_id, read_at DESC, id DESC);
REVOKE UPDATE, DELETE ON records_read_log FROM yiwang_app;
"""

# The application may not make tables; this function makes one partition, as its owner, and nothing else. Attaching takes a
# lighter lock than creating in place: readers and writers of other months go on.
PARTITION = """
CREATE FUNCTION records_make_read_log(month date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    first date := date_trunc('month', month)::date;
    name text := 'records_read_log_' || to_char(first, 'YYYY_MM');
BEGIN
    IF first < date '2000-01-01' OR first > date '2200-01-01' THEN
        RAISE EXCEPTION 'no read log is kept for %', first;
    END IF;
    IF to_regclass('public.' || name) IS NOT NULL THEN
        RETURN false;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('records.read_log', 0));
    IF to_regclass('public.' || name) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE public.%I (LIKE public.records_read_log INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', name);
    EXECUTE format('REVOKE ALL ON public.%I FROM PUBLIC, yiwang_app', name);
    EXECUTE format('ALTER TABLE public.records_read_log ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)', name,
        first::timestamp AT TIME ZONE 'Asia/Shanghai', (first + interval '1 month')::timestamp AT TIME ZONE 'Asia/Shanghai');
    RETURN true;
END $$;
REVOKE ALL ON FUNCTION records_make_read_log(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION records_make_read_log(date) TO yiwang_app;
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [("outbox", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="GeneratedTable",
            fields=[
                ("id", models.UUIDField(default=yiwang.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("resource", models.TextField(unique=True)),
                ("name", models.TextField(db_comment="table in the schema records", unique=True)),
                ("columns", models.JSONField(db_comment="for each element: its type and its columns; also of elements that went")),
                ("fingerprint", models.TextField(db_comment="SHA-256 over the catalogue's columns and indexes")),
                ("release", models.IntegerField(db_comment="that changed it last")),
                ("retired", models.BooleanField(db_comment="no pack declares the resource any more; its records stay", default=False)),
            ],
            options={"db_table": "records_generated_table"},
        ),
        migrations.CreateModel(
            name="Read",
            fields=[
                ("id", models.UUIDField(default=yiwang.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("read_at", models.DateTimeField(db_comment="business time")),
                ("machine_time", models.DateTimeField()),
                ("subject_id", models.UUIDField(db_comment="whose facts")),
                ("account_id", models.UUIDField(null=True)),
                ("capacity", models.TextField()),
                ("capacity_id", models.UUIDField(null=True)),
                ("reader_subject_id", models.UUIDField(null=True)),
                ("resource", models.TextField()),
                ("elements", django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None)),
                ("purpose", models.TextField()),
                ("release", models.IntegerField()),
                ("correlation_id", models.TextField(default="")),
                ("origin", models.TextField(default="live")),
            ],
            options={"db_table": "records_read_log", "ordering": ["-read_at", "-id"], "managed": False},
        ),
        migrations.RunSQL(SCHEMA, "DROP SCHEMA records CASCADE"),
        migrations.RunSQL(READ_LOG, "DROP TABLE records_read_log"),
        migrations.RunSQL(PARTITION, "DROP FUNCTION records_make_read_log(date)"),
    ]
