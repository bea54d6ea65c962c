"""Addresses of the portal."""

from __future__ import annotations

from django.urls import path

from yiwang.portal.views import apply, cases, certificates, doubts, facts, home, messages, problems, signing, tasks

app_name = "portal"
urlpatterns = [
    path("", home.home, name="home"),
    path("help/", home.help_page, name="help"),
    path("accessibility/", home.accessibility, name="accessibility"),
    path("sign-in/", signing.sign_in, name="sign-in"),
    path("sign-out/", signing.sign_out, name="sign-out"),
    path("preferences/", signing.preferences, name="preferences"),
    path("items/<slug:item_id>/", home.item, name="item"),
    path("items/<slug:item_id>/apply/", apply.apply, name="apply"),
    path("places/picker/", apply.picker, name="picker"),
    path("receipts/<uuid:case_id>/", cases.receipt, name="receipt"),
    path("my/cases/", cases.case_list, name="cases"),
    path("my/cases/<uuid:case_id>/", cases.case_page, name="case"),
    path("my/cases/<uuid:case_id>/clocks/<slug:limit>/", cases.clock, name="clock"),
    path("my/cases/<uuid:case_id>/withdraw/", cases.withdraw, name="withdraw"),
    path("my/tasks/<uuid:task_id>/", tasks.task, name="task"),
    path("my/certificates/", certificates.certificate_list, name="certificates"),
    path("my/certificates/<uuid:certificate_id>/", certificates.certificate, name="certificate"),
    path("my/certificates/<uuid:certificate_id>/<str:form>", certificates.download, name="certificate-file"),
    path("verify/", certificates.verify, name="verify"),
    path("verify/t/<str:token>/", certificates.verify_token, name="verify-token"),
    path(".well-known/yiwang/city.pub", certificates.public_key, name="city-key"),
    path(".well-known/yiwang/city.crt", certificates.signing_certificate, name="city-certificate"),
    path(".well-known/yiwang/keys/<str:key_id>.pub", certificates.public_key, name="public-key"),
    path("my/facts/", facts.facts, name="facts"),
    path("my/facts/doubt/", doubts.doubt, name="doubt"),
    path("my/doubts/", doubts.doubt_list, name="doubts"),
    path("my/doubts/<uuid:discrepancy_id>/", doubts.doubt_page, name="doubt-page"),
    path("my/doubts/<uuid:discrepancy_id>/withdraw/", doubts.withdraw, name="withdraw-doubt"),
    path("my/reads/", facts.reads, name="reads"),
    path("my/messages/", messages.inbox, name="messages"),
    path("my/messages/address/", messages.address, name="mail-address"),
    path("my/messages/address/code/", messages.confirm, name="mail-code"),
    path("my/messages/<uuid:message_id>/read/", messages.mark_read, name="read-message"),
    path("docs/problems/<slug:code>", problems.problem, name="problem"),
]
