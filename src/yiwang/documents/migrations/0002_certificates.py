
import django.db.models.deletion
import yiwang.kernel.ids
from django.conf import settings
from django.db import migrations, models


# What was issued stays as it was: the application may change a certificate's status and nothing else of it, and only add to its history.
KEEP = """
CREATE SEQUENCE documents_certificate_number;
REVOKE ALL ON documents_certificate, documents_statusentry, documents_takennumber FROM yiwang_app;
GRANT SELECT, INSERT, UPDATE (status) ON documents_certificate TO yiwang_app;
GRANT SELECT, INSERT ON documents_statusentry, documents_takennumber TO yiwang_app;
CREATE TRIGGER documents_statusentry_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON documents_statusentry
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('audit', '0001_initial'),
        ('documents', '0001_initial'),
        ('identity', '0001_initial'),
        ('subjects', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Guesses',
            fields=[
                ('key', models.BinaryField(primary_key=True, serialize=False)),
                ('misses', models.IntegerField()),
                ('since', models.DateTimeField(db_comment='machine time')),
            ],
        ),
        migrations.CreateModel(
            name='NumberSeries',
            fields=[
                ('series', models.TextField(primary_key=True, serialize=False)),
                ('last', models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name='Certificate',
            fields=[
                ('id', models.UUIDField(default=yiwang.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('key', models.TextField(db_comment='what makes it be issued once, however often issuing is tried', unique=True)),
                ('identifier', models.TextField(db_comment='证照标识, GB/T 36904-2018', unique=True)),
                ('type', models.TextField(db_comment='id of the declared certificate')),
                ('release', models.IntegerField(db_comment='the release whose declaration it follows')),
                ('duty', models.TextField(db_comment='the declared duty that keeps it')),
                ('number', models.TextField()),
                ('version', models.IntegerField()),
                ('case_id', models.UUIDField(db_comment='the case that it is the result of; cases stand above documents', null=True)),
                ('case_number', models.TextField(blank=True, default='')),
                ('sole', models.BooleanField(db_comment='a holder has at most one of this kind that stands')),
                ('status', models.TextField(db_comment='the last of its history; `expired` follows from the dates', default='valid')),
                ('issued_at', models.DateTimeField(db_comment='business time')),
                ('valid_from', models.DateField()),
                ('valid_to', models.DateField(db_comment='first civil date on which it no longer holds', null=True)),
                ('signature', models.BinaryField(db_comment='over the bytes of content, DER')),
                ('pdf_signature', models.BinaryField(db_comment='over the bytes of pdf, DER')),
                ('key_id', models.TextField(db_comment='RFC 7638 thumbprint of the public key')),
                ('token', models.TextField(db_comment='in the address of the QR code; who has it has the certificate', unique=True)),
                ('origin', models.TextField(default='live')),
                ('applicant', models.ForeignKey(db_comment='who was given it', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='subjects.subject')),
                ('content', models.ForeignKey(db_comment='what is signed, JSON', on_delete=django.db.models.deletion.PROTECT, related_name='+', to='documents.file')),
                ('holder', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='subjects.subject')),
                ('pdf', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='documents.file')),
                ('previous', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='next', to='documents.certificate')),
                ('unit', models.ForeignKey(db_comment='issued it', on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.unit')),
            ],
        ),
        migrations.CreateModel(
            name='StatusEntry',
            fields=[
                ('id', models.UUIDField(default=yiwang.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('position', models.IntegerField(db_comment='from 1')),
                ('status', models.TextField()),
                ('at', models.DateTimeField(db_comment='business time')),
                ('reason', models.TextField(blank=True, default='')),
                ('account', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('certificate', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='history', to='documents.certificate')),
                ('post', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.post')),
            ],
        ),
        migrations.CreateModel(
            name='TakenNumber',
            fields=[
                ('key', models.TextField(db_comment='as `Certificate.key`', primary_key=True, serialize=False)),
                ('type', models.TextField()),
                ('number', models.TextField()),
                ('taken_at', models.DateTimeField(db_comment='business time')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('type', 'number'), name='takennumber_once')],
            },
        ),
        migrations.AddIndex(
            model_name='certificate',
            index=models.Index(fields=['holder', '-id'], name='certificate_by_holder'),
        ),
        migrations.AddIndex(
            model_name='certificate',
            index=models.Index(fields=['applicant', '-id'], name='certificate_by_applicant'),
        ),
        migrations.AddIndex(
            model_name='certificate',
            index=models.Index(fields=['unit', '-id'], name='certificate_by_unit'),
        ),
        migrations.AddIndex(
            model_name='certificate',
            index=models.Index(fields=['case_id'], name='certificate_by_case'),
        ),
        migrations.AddConstraint(
            model_name='certificate',
            constraint=models.UniqueConstraint(fields=('type', 'number', 'version'), name='certificate_version_once'),
        ),
        migrations.AddConstraint(
            model_name='certificate',
            constraint=models.UniqueConstraint(condition=models.Q(('sole', True), ('status__in', ['valid', 'suspended'])), fields=('type', 'holder'), name='certificate_one_stands'),
        ),
        migrations.AddConstraint(
            model_name='certificate',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ('valid', 'suspended', 'revoked', 'replaced'))), name='certificate_status_known'),
        ),
        migrations.AddConstraint(
            model_name='certificate',
            constraint=models.CheckConstraint(condition=models.Q(('origin__in', ('live', 'rehearsal', 'invented'))), name='certificate_origin_known'),
        ),
        migrations.AddConstraint(
            model_name='certificate',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('previous__isnull', True), ('version', 1)), models.Q(('previous__isnull', False), ('version__gt', 1)), _connector='OR'), name='certificate_version_follows'),
        ),
        migrations.AddConstraint(
            model_name='statusentry',
            constraint=models.UniqueConstraint(fields=('certificate', 'position'), name='statusentry_in_order'),
        ),
        migrations.AddConstraint(
            model_name='statusentry',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ('valid', 'suspended', 'revoked', 'replaced'))), name='statusentry_status_known'),
        ),
        migrations.RunSQL(KEEP, migrations.RunSQL.noop),
    ]
