"""Addresses of the desk."""

from __future__ import annotations

from django.urls import path

from yiwang.desk.views import (
    audit,
    cases,
    certificates,
    clocks,
    discrepancies,
    messages,
    officers,
    operations,
    signing,
    subjects,
    supervision,
    tasks,
)

app_name = "desk"
urlpatterns = [
    path("", signing.home, name="home"),
    path("sign-in/", signing.sign_in, name="sign-in"),
    path("post/", signing.choose_post, name="post"),
    path("tasks/", tasks.task_list, name="tasks"),
    path("tasks/together/", tasks.together, name="together"),
    path("tasks/<uuid:task_id>/", tasks.task, name="task"),
    path("tasks/<uuid:task_id>/transfer/", tasks.transfer, name="transfer"),
    path("cases/", cases.case_list, name="cases"),
    path("cases/<uuid:case_id>/", cases.case_page, name="case"),
    path("cases/<uuid:case_id>/clocks/<slug:limit>/", clocks.days, name="clock"),
    path("cases/<uuid:case_id>/clocks/<slug:limit>/extend/", clocks.extend, name="extend-clock"),
    path("cases/<uuid:case_id>/cancel/", cases.cancel, name="cancel"),
    path("subjects/", subjects.search, name="subjects"),
    path("subjects/<uuid:subject_id>/", subjects.subject, name="subject"),
    path("subjects/<uuid:subject_id>/records/<str:resource>/", subjects.history, name="history"),
    path("records/<str:resource>/<uuid:record_id>/correct/", subjects.correct, name="correct"),
    path("certificates/", certificates.certificate_list, name="certificates"),
    path("certificates/<uuid:certificate_id>/", certificates.certificate, name="certificate"),
    path("certificates/<uuid:certificate_id>/files/<str:form>", certificates.download, name="certificate-file"),
    path("certificates/<uuid:certificate_id>/<slug:act>/", certificates.change, name="change-certificate"),
    path("supervision/", supervision.alert_list, name="supervision"),
    path("supervision/<uuid:alert_id>/", supervision.alert, name="alert"),
    path("discrepancies/", discrepancies.discrepancy_list, name="discrepancies"),
    path("discrepancies/<uuid:discrepancy_id>/", discrepancies.discrepancy_page, name="discrepancy"),
    path("discrepancies/<uuid:discrepancy_id>/withdraw/", discrepancies.withdraw, name="withdraw-discrepancy"),
    path("subjects/<uuid:subject_id>/doubt/", discrepancies.doubt, name="doubt"),
    path("messages/", messages.inbox, name="messages"),
    path("messages/address/", messages.address, name="mail-address"),
    path("messages/address/code/", messages.confirm, name="mail-code"),
    path("messages/<uuid:message_id>/read/", messages.mark_read, name="read-message"),
    path("officers/", officers.officers, name="officers"),
    path("assignments/<uuid:assignment_id>/end/", officers.end, name="end-assignment"),
    path("units/", officers.units, name="units"),
    path("audit/", audit.entries, name="audit"),
    path("audit/verify/", audit.verify, name="verify"),
    path("operations/", operations.operations, name="operations"),
]
