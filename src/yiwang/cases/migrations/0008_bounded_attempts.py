from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0007_certificates_as_materials'),
    ]

    operations = [
        migrations.AddField(
            model_name='actionrun',
            name='begun',
            field=models.IntegerField(db_comment='how often it was begun; more than once only if a process died in it', default=0),
        ),
    ]
