
import yiwang.outbox.queries
from django.db import migrations, models


TABLES = ("entry", "leaf", "node", "head")
# The application may add and read. Nobody may change: a trigger stops the owner's slips; what a superuser does, `audit verify` finds.
INSERT_ONLY = """
CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Rows of % are never changed or deleted.', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
""" + "".join(
    f"""
REVOKE ALL ON audit_{table} FROM yiwang_app;
GRANT SELECT, INSERT ON audit_{table} TO yiwang_app;
CREATE TRIGGER audit_{table}_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_{table}
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
"""
    for table in TABLES
)


class Migration(migrations.Migration):

    initial = True

    dependencies = [("outbox", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name='Head',
            fields=[
                ('size', models.BigIntegerField(primary_key=True, serialize=False)),
                ('root', models.BinaryField()),
                ('last_entry_id', models.BigIntegerField(db_comment='number of the entry of the last leaf')),
                ('signed_at', models.DateTimeField(db_comment='machine time; part of what is signed')),
                ('key_id', models.TextField(db_comment='RFC 7638 thumbprint of the public key; which stays in the folder of keys')),
                ('signature', models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name='Leaf',
            fields=[
                ('index', models.BigIntegerField(db_comment='from 0, without gaps', primary_key=True, serialize=False)),
                ('entry_id', models.BigIntegerField(db_comment='no foreign key: a deleted entry must leave its leaf behind', unique=True)),
                ('hash', models.BinaryField(db_comment="RFC 6962 leaf hash over the entry's number (8 bytes) and digest")),
            ],
        ),
        migrations.CreateModel(
            name='Entry',
            fields=[
                ('xid', yiwang.outbox.queries.TransactionIdField(db_default=yiwang.outbox.queries.CurrentTransactionId(), editable=False)),
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('time', models.DateTimeField(db_comment='business time')),
                ('machine_time', models.DateTimeField()),
                ('account_id', models.UUIDField(null=True)),
                ('capacity', models.TextField()),
                ('capacity_id', models.UUIDField(db_comment='post or subject acted for', null=True)),
                ('action', models.TextField()),
                ('outcome', models.TextField()),
                ('object_kind', models.TextField()),
                ('object_id', models.TextField()),
                ('details', models.JSONField()),
                ('release', models.IntegerField()),
                ('correlation_id', models.TextField()),
                ('origin', models.TextField()),
                ('digest', models.BinaryField(db_comment='SHA-256 over the canonical JSON of the columns time to origin')),
            ],
            options={
                'indexes': [models.Index(fields=['object_kind', 'object_id', 'id'], name='audit_entry_by_object'), models.Index(fields=['account_id', 'id'], name='audit_entry_by_account'), models.Index(condition=models.Q(('correlation_id', ''), _negated=True), fields=['correlation_id'], name='audit_entry_by_correlation')],
                'constraints': [models.CheckConstraint(condition=models.Q(('outcome__in', ['done', 'refused', 'failed'])), name='audit_outcome_known')],
            },
        ),
        migrations.CreateModel(
            name='Node',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('level', models.SmallIntegerField(db_comment='1: over 256 leaves; 2: over 65,536; …')),
                ('index', models.BigIntegerField()),
                ('hash', models.BinaryField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('level', 'index'), name='audit_node_once')],
            },
        ),
        migrations.RunSQL(INSERT_ONLY, migrations.RunSQL.noop),
    ]
