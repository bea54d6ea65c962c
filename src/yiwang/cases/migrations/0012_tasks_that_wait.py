from django.db import migrations, models

ENDED = """
    UPDATE cases_taskunit u SET waits = FALSE FROM cases_task t WHERE t.id = u.task_id AND t.state IN ('done', 'closed')
"""


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0011_bundles_at_windows"),
        ("identity", "0005_one_key_of_attempts"),
    ]

    operations = [
        migrations.AddField(
            model_name="taskunit",
            name="waits",
            field=models.BooleanField(db_comment="whether the task is neither done nor closed", default=True),
        ),
        migrations.RunSQL(ENDED, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="taskunit",
            index=models.Index(condition=models.Q(("waits", True)), fields=["unit", "task"], name="taskunit_waiting"),
        ),
    ]
