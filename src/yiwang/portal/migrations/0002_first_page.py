"""A new city has a first page, one site, and one way to publication: by a second officer. Wagtail's own examples go."""

from django.db import migrations


def lay_down(apps, schema_editor):
    """Put our first page, site and workflow in the place of those that Wagtail's migrations made."""
    core = {name: apps.get_model("wagtailcore", name) for name in ("Page", "Site", "Locale", "Task", "Workflow", "WorkflowTask", "WorkflowPage")}
    kinds = apps.get_model("contenttypes", "ContentType").objects
    core["Page"].objects.filter(depth=2).delete()  # its site goes with it
    home = apps.get_model("portal", "HomePage").objects.create(
        title="首页",
        draft_title="首页",
        slug="home",
        content_type=kinds.get_or_create(app_label="portal", model="homepage")[0],
        locale=core["Locale"].objects.get(),
        path="00010001",
        depth=2,
        numchild=0,
        url_path="/home/",
    )
    core["Site"].objects.create(hostname="localhost", root_page=home.page_ptr, is_default_site=True)
    core["Workflow"].objects.all().delete()
    core["Task"].objects.all().delete()
    task = apps.get_model("portal", "SecondOfficer").objects.create(
        name="由另一人审核发布", content_type=kinds.get_or_create(app_label="portal", model="secondofficer")[0]
    )
    workflow = core["Workflow"].objects.create(name="审核发布", active=True)
    core["WorkflowTask"].objects.create(workflow=workflow, task=task.task_ptr, sort_order=0)
    core["WorkflowPage"].objects.create(workflow=workflow, page=core["Page"].objects.get(depth=1))


class Migration(migrations.Migration):
    dependencies = [("portal", "0001_pages"), ("wagtailusers", "0001_initial"), ("wagtailimages", "0001_initial")]

    operations = [migrations.RunPython(lay_down, migrations.RunPython.noop)]
