
import yiwang.kernel.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [("audit", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name='Source',
            fields=[
                ('id', models.UUIDField(default=yiwang.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('digest', models.BinaryField(db_comment='SHA-256 of the content', unique=True)),
                ('content', models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name='Definition',
            fields=[
                ('id', models.UUIDField(default=yiwang.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.TextField()),
                ('name', models.TextField()),
                ('pack', models.TextField()),
                ('body', models.JSONField()),
                ('sources', models.JSONField(db_comment='file name → hexadecimal SHA-256 of its content')),
                ('digest', models.BinaryField(db_comment='SHA-256 over kind, name, pack, body and sources')),
                ('from_release', models.IntegerField()),
                ('to_release', models.IntegerField(db_comment='first release without it; null: stands', null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('to_release__isnull', True)), fields=('kind', 'name'), name='acts_definition_stands_once'), models.UniqueConstraint(fields=('kind', 'name', 'from_release'), name='acts_definition_once_a_release'), models.CheckConstraint(condition=models.Q(('to_release__isnull', True), ('to_release__gt', models.F('from_release')), _connector='OR'), name='acts_definition_stood_a_while')],
            },
        ),
        migrations.CreateModel(
            name='Release',
            fields=[
                ('id', models.UUIDField(default=yiwang.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('number', models.IntegerField(unique=True)),
                ('applied_at', models.DateTimeField(db_comment='business time')),
                ('digest', models.BinaryField(db_comment='SHA-256 over (kind, name, digest) of every definition in it')),
                ('summary', models.JSONField()),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('number__gte', 1)), name='acts_release_from_one')],
            },
        ),
        migrations.RunSQL(
            # A release is immutable for the application too; of a definition only its end may be written.
            """
            REVOKE UPDATE, DELETE ON acts_release, acts_source FROM yiwang_app;
            REVOKE UPDATE, DELETE ON acts_definition FROM yiwang_app;
            GRANT UPDATE (to_release) ON acts_definition TO yiwang_app;
            """,
            migrations.RunSQL.noop,
        ),
    ]
