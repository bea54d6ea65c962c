from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0006_bundles'),
    ]

    operations = [
        migrations.AddField(
            model_name='case',
            name='certificates',
            field=models.JSONField(db_comment='certificates that met materials, frozen as evidence: material, identifier, digest, status and day of checking', default=list),
        ),
    ]
