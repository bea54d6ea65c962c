import django.db.models.deletion
from django.db import migrations, models

# What must hold after every statement, whoever wrote: nobody stands above himself in a hierarchy on any day. Relations of one name make
# one hierarchy; `from` stands below `to`. From each new link the walk goes up along links that hold on the same days, until it comes to the
# foot of the link or to a top. Days only become fewer on the way and every step is told once (UNION), so the walk ends even where a batch
# has brought a circle. Two writers at once wait for each other in the application's lock of the hierarchy.
KEEP = """
CREATE FUNCTION records_keep_hierarchies() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    circling jsonb;
BEGIN
    IF NOT EXISTS (SELECT FROM arrived JOIN records_relation_limit AS l USING (relation) WHERE l.hierarchy <> '' AND NOT retracted) THEN
        RETURN NULL;
    END IF;
    WITH RECURSIVE up (id, foot, hierarchy, subject, days) AS (
        SELECT a.id, a.from_id, l.hierarchy, a.to_id, daterange(a.valid_from, a.valid_to)
        FROM arrived AS a JOIN records_relation_limit AS l USING (relation)
        WHERE l.hierarchy <> '' AND NOT a.retracted
        UNION
        SELECT up.id, up.foot, up.hierarchy, link.to_id, up.days * link.days
        FROM up CROSS JOIN LATERAL (
            SELECT DISTINCT ON (t.relation, t.to_id, t.valid_from) t.to_id, t.retracted, daterange(t.valid_from, t.valid_to) AS days
            FROM records_relation_limit AS l JOIN records_relation AS t USING (relation)
            WHERE l.hierarchy = up.hierarchy AND t.from_id = up.subject
            ORDER BY t.relation, t.to_id, t.valid_from, t.arrived_at DESC
        ) AS link
        WHERE NOT link.retracted AND link.days && up.days AND up.subject <> up.foot
    )
    SELECT jsonb_agg(DISTINCT id) INTO circling FROM up WHERE subject = foot;
    IF circling IS NOT NULL THEN
        RAISE EXCEPTION 'a subject would stand above itself'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'relation_goes_up', DETAIL = circling::text;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER records_keep_hierarchies AFTER INSERT ON records_relation
    REFERENCING NEW TABLE AS arrived FOR EACH STATEMENT EXECUTE FUNCTION records_keep_hierarchies();
"""
UNDO = "DROP TRIGGER records_keep_hierarchies ON records_relation; DROP FUNCTION records_keep_hierarchies()"


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0005_relations'),
        ('subjects', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='relationlimit',
            name='hierarchy',
            field=models.TextField(blank=True, db_comment='in which nobody stands above himself; `from` below `to`', db_default='', default=''),
        ),
        migrations.AddField(
            model_name='discrepancy',
            name='other',
            field=models.ForeignKey(db_comment='at the other end, where a relation is doubted', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='subjects.subject'),
        ),
        migrations.RunSQL(KEEP, UNDO),
    ]
