from __future__ import annotations

from django.db import migrations

# Two readings at the first moment of a month both find no table. The second waits for the lock and then looks again, but what it looks
# into is its own memory of the catalogue, which an advisory lock does not refresh: it has to try, and to take the table as made.
FUNCTION = """
CREATE OR REPLACE FUNCTION records_make_read_log(month date) RETURNS boolean
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
    BEGIN
        EXECUTE format('CREATE TABLE public.%I (LIKE public.records_read_log INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', name);
    EXCEPTION WHEN duplicate_table THEN
        RETURN false;
    END;
    EXECUTE format('REVOKE ALL ON public.%I FROM PUBLIC, yiwang_app', name);
    EXECUTE format('ALTER TABLE public.records_read_log ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)', name,
        first::timestamp AT TIME ZONE 'Asia/Shanghai', (first + interval '1 month')::timestamp AT TIME ZONE 'Asia/Shanghai');
    RETURN true;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("records", "0003_shapes_and_grounds")]

    operations = [migrations.RunSQL(FUNCTION, migrations.RunSQL.noop)]
