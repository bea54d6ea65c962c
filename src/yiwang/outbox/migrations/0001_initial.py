
import django.db.models.deletion
import django.db.models.functions.datetime
import uuid
import yiwang.outbox.models
from django.db import migrations, models


# Whoever runs the first migration is the owner. What it makes from now on, the application may read and write; what stands already
# (tables of Django's own apps may come first), too. Audit tables take rights back (audit/0001).
RIGHTS = """
GRANT USAGE ON SCHEMA public TO yiwang_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO yiwang_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO yiwang_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO yiwang_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO yiwang_app;
"""


class Migration(migrations.Migration):

    initial = True

    dependencies = []

    operations = [
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
        migrations.CreateModel(
            name='Subscription',
            fields=[
                ('name', models.TextField(primary_key=True, serialize=False)),
                ('position', models.BigIntegerField(default=0)),
                ('moved_at', models.DateTimeField(db_comment='machine time', null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Event',
            fields=[
                ('xid', yiwang.outbox.models.TransactionIdField(db_default=yiwang.outbox.models.CurrentTransactionId(), editable=False)),
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('event_id', models.UUIDField(default=uuid.uuid4, unique=True)),
                ('type', models.TextField(db_comment='past tense, with version: case.submitted.v1')),
                ('source', models.TextField()),
                ('subject', models.TextField(db_comment='id of what it is about')),
                ('time', models.DateTimeField(db_comment='business time')),
                ('machine_time', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('data', models.JSONField()),
                ('correlation_id', models.TextField(default='')),
                ('origin', models.TextField(default='live')),
            ],
            options={
                'indexes': [models.Index(fields=['type', 'id'], name='outbox_event_by_type')],
            },
        ),
        migrations.CreateModel(
            name='IdempotencyKey',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('scope', models.TextField(db_comment='who and what for: an account and an action')),
                ('key', models.TextField()),
                ('body_digest', models.BinaryField()),
                ('result', models.JSONField()),
                ('made_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('scope', 'key'), name='outbox_key_once')],
            },
        ),
        migrations.CreateModel(
            name='Failure',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('subject', models.TextField()),
                ('attempts', models.IntegerField(default=0)),
                ('error', models.TextField(default='')),
                ('failed_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('due_at', models.DateTimeField(db_comment='machine time of the next attempt; null: parked, or behind another', null=True)),
                ('parked_at', models.DateTimeField(null=True)),
                ('event', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='outbox.event')),
                ('subscription', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='outbox.subscription')),
            ],
            options={
                'indexes': [models.Index(fields=['subscription', 'subject', 'event'], name='outbox_failure_by_subject'), models.Index(condition=models.Q(('due_at__isnull', False)), fields=['due_at'], name='outbox_failure_due')],
                'constraints': [models.UniqueConstraint(fields=('subscription', 'event'), name='outbox_set_aside_once')],
            },
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('delivered_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('event', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='outbox.event')),
                ('subscription', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='outbox.subscription')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('subscription', 'event'), name='outbox_delivered_once')],
            },
        ),
    ]
