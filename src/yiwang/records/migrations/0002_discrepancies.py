import django.db.models.deletion
import yiwang.kernel.ids
import yiwang.records.values
from django.db import migrations, models


# What was said in the course of a discrepancy is never changed or deleted.
HISTORY = "REVOKE UPDATE, DELETE ON records_discrepancy_entry FROM yiwang_app"


class Migration(migrations.Migration):

    dependencies = [
        ('identity', '0001_initial'),
        ('records', '0001_initial'),
        ('subjects', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Comparison',
            fields=[
                ('id', models.UUIDField(default=yiwang.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('resource', models.TextField(db_comment='the verifying one')),
                ('source', models.TextField()),
                ('element', models.TextField()),
                ('compared_at', models.DateTimeField()),
                ('compared', models.BigIntegerField()),
                ('confirmed', models.BigIntegerField()),
                ('differing', models.BigIntegerField()),
            ],
            options={
                'db_table': 'records_comparison',
                'constraints': [models.UniqueConstraint(fields=('resource', 'source', 'element'), name='comparison_the_last')],
            },
        ),
        migrations.CreateModel(
            name='Discrepancy',
            fields=[
                ('id', models.UUIDField(default=yiwang.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('element', models.TextField()),
                ('resource', models.TextField(db_comment='the source of the fact')),
                ('record_id', models.UUIDField(db_comment='the record doubted')),
                ('doubted', models.JSONField(db_comment='what the source says, as canonical JSON holds it; null: nothing any more', null=True)),
                ('proposed', models.JSONField(db_comment='what it should be')),
                ('proposed_key', models.TextField(db_comment='SHA-256, hex, of what makes two values mean the same')),
                ('release', models.IntegerField(db_comment='whose definition of the element the values follow')),
                ('state', models.TextField(default=yiwang.records.values.DiscrepancyState['REPORTED'])),
                ('history_length', models.IntegerField(default=0)),
                ('opened_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('case_id', models.UUIDField(db_comment="of the source's unit, that looks into it", null=True)),
                ('case_number', models.TextField(blank=True, default='')),
                ('reason', models.TextField(blank=True, db_comment='what the source answered', default='')),
                ('result_id', models.UUIDField(db_comment='the record that corrected the fact', null=True)),
                ('origin', models.TextField(default='live')),
                ('subject', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='subjects.subject')),
                ('unit', models.ForeignKey(db_comment='of the source', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.unit')),
            ],
            options={
                'db_table': 'records_discrepancy',
            },
        ),
        migrations.CreateModel(
            name='DiscrepancyEntry',
            fields=[
                ('id', models.UUIDField(default=yiwang.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('position', models.IntegerField(db_comment='from 1')),
                ('at', models.DateTimeField()),
                ('code', models.TextField()),
                ('state', models.TextField(db_comment='after it')),
                ('account_id', models.UUIDField(null=True)),
                ('resource', models.TextField(blank=True, db_comment='the verifying resource', default='')),
                ('record_id', models.UUIDField(db_comment='the record that it tells of', null=True)),
                ('reason', models.TextField(blank=True, default='')),
                ('discrepancy', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='history', to='records.discrepancy')),
                ('post', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.post')),
                ('unit', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.unit')),
            ],
            options={
                'db_table': 'records_discrepancy_entry',
            },
        ),
        migrations.CreateModel(
            name='DiscrepancyReport',
            fields=[
                ('id', models.UUIDField(default=yiwang.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('reporter', models.TextField(db_comment='resource:id | post:id | subject:id')),
                ('resource', models.TextField(blank=True, db_comment='the verifying resource', default='')),
                ('record_id', models.UUIDField(db_comment='its observation', null=True)),
                ('account_id', models.UUIDField(null=True)),
                ('subject_id', models.UUIDField(null=True)),
                ('evidence', models.JSONField(default=dict)),
                ('reported_at', models.DateTimeField()),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('discrepancy', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='reports', to='records.discrepancy')),
                ('post', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.post')),
                ('unit', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.unit')),
            ],
            options={
                'db_table': 'records_discrepancy_report',
            },
        ),
        migrations.AddIndex(
            model_name='discrepancy',
            index=models.Index(fields=['unit', '-id'], name='discrepancy_by_unit'),
        ),
        migrations.AddIndex(
            model_name='discrepancy',
            index=models.Index(fields=['subject', '-id'], name='discrepancy_by_subject'),
        ),
        migrations.AddIndex(
            model_name='discrepancy',
            index=models.Index(condition=models.Q(('state__in', ('reported', 'accepted'))), fields=['resource', 'element'], name='discrepancy_open'),
        ),
        migrations.AddIndex(
            model_name='discrepancy',
            index=models.Index(condition=models.Q(('case_id__isnull', False)), fields=['case_id'], name='discrepancy_by_case'),
        ),
        migrations.AddConstraint(
            model_name='discrepancy',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['reported', 'accepted', 'confirmed', 'corrected', 'rejected', 'withdrawn'])), name='discrepancy_state_known'),
        ),
        migrations.AddConstraint(
            model_name='discrepancy',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('state__in', ('reported', 'accepted'))), models.Q(models.Q(('state__in', ('reported', 'accepted')), _negated=True), ('ended_at__isnull', False)), _connector='OR'), name='discrepancy_ended_with_an_end'),
        ),
        migrations.AddConstraint(
            model_name='discrepancy',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ('reported', 'accepted'))), fields=('subject', 'element', 'proposed_key'), name='discrepancy_open_once'),
        ),
        migrations.AddConstraint(
            model_name='discrepancyentry',
            constraint=models.UniqueConstraint(fields=('discrepancy', 'position'), name='discrepancyentry_in_order'),
        ),
        migrations.AddConstraint(
            model_name='discrepancyreport',
            constraint=models.UniqueConstraint(condition=models.Q(('withdrawn_at__isnull', True)), fields=('discrepancy', 'reporter'), name='discrepancyreport_stands_once'),
        ),
        migrations.RunSQL(HISTORY, "GRANT UPDATE, DELETE ON records_discrepancy_entry TO yiwang_app"),
    ]
