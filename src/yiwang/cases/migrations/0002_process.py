import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0001_initial'),
        ('identity', '0001_initial'),
        ('subjects', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='case',
            name='case_outcome_known',
        ),
        migrations.AddField(
            model_name='case',
            name='agent',
            field=models.ForeignKey(db_comment='the person who applies for the subject that he represents; null: the subject itself', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='subjects.subject'),
        ),
        migrations.AddField(
            model_name='case',
            name='facts',
            field=models.JSONField(db_comment='facts used, frozen as evidence: element, value, subject, record, source, age, release', default=list),
        ),
        migrations.AddField(
            model_name='case',
            name='form_fields',
            field=models.IntegerField(db_comment='questions that the form had for this applicant', default=0),
        ),
        migrations.AddField(
            model_name='case',
            name='known_fields',
            field=models.IntegerField(db_comment='of these, those that nobody had to type', default=0),
        ),
        migrations.AddField(
            model_name='case',
            name='materials',
            field=models.JSONField(db_comment='[{id, state}] in declared order', default=list),
        ),
        migrations.AddField(
            model_name='task',
            name='answered',
            field=models.JSONField(db_comment='{values: [{name, value, digest}], before: [the same]}', null=True),
        ),
        migrations.AddField(
            model_name='task',
            name='asks',
            field=models.JSONField(db_comment='of the applicant: [{kind: material|element, id, words}]', default=list),
        ),
        migrations.AddField(
            model_name='task',
            name='deputy',
            field=models.ForeignKey(db_comment='the post to which it was handed; then no other may do it', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.post'),
        ),
        migrations.AddField(
            model_name='task',
            name='party',
            field=models.TextField(blank=True, db_comment='applicant, or empty', default=''),
        ),
        migrations.AlterField(
            model_name='case',
            name='subject',
            field=models.ForeignKey(db_comment='whom it is for', on_delete=django.db.models.deletion.PROTECT, related_name='+', to='subjects.subject'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('agent__isnull', False)), fields=['agent', '-id'], name='case_by_agent'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(('outcome__isnull', True), ('outcome__in', ['accepted', 'refused', 'not-accepted', 'revoked', 'withdrawn', 'cancelled']), _connector='OR'), name='case_outcome_known'),
        ),
        migrations.AddConstraint(
            model_name='task',
            constraint=models.CheckConstraint(condition=models.Q(('party__in', ['', 'applicant'])), name='task_party_known'),
        ),
    ]
