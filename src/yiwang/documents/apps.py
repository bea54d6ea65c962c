"""Wiring of documents."""

from __future__ import annotations

from datetime import timedelta

from django.apps import AppConfig


class DocumentsConfig(AppConfig):
    """Content-addressed files, what people hand in, and certificates."""

    name = "yiwang.documents"
    label = "documents"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from yiwang.documents import jobs as jobs  # registers the jobs
        from yiwang.documents.checks import certificates_can_be_issued, lost_files, scanner_answers
        from yiwang.documents.declarations import CertificateKind, TemplateKind
        from yiwang.documents.registry import (
            find_fonts_in,
            keep_files_in,
            register_file_owner,
            register_scanner,
            verify_at,
        )
        from yiwang.documents.services import attach, system_forget_guesses
        from yiwang.documents.services.scanning import ClamAV
        from yiwang.documents.values import Limits
        from yiwang.identity.registry import describe_actions
        from yiwang.kernel.errors import msgid
        from yiwang.kernel.health import register_check
        from yiwang.kernel.kinds import register_kind
        from yiwang.kernel.periodic import register_periodic
        from yiwang.records.queries import may_see_evidence
        from yiwang.records.registry import keep_evidence_by
        from yiwang.settings import FRONTEND, configuration

        keep_files_in(
            lambda: configuration().files,
            lambda: Limits(configuration().largest_upload_mb << 20, configuration().uploads_a_day_mb << 20),
        )
        find_fonts_in(lambda: FRONTEND / "fonts")
        verify_at(lambda: configuration().public_url)
        register_kind(TemplateKind())
        register_kind(CertificateKind())
        register_check("lost-file", lost_files)
        register_check("scanner", scanner_answers)
        register_check("certificates", certificates_can_be_issued)
        register_periodic("documents.forget-guesses", timedelta(hours=1), system_forget_guesses)
        register_scanner("ClamAV", lambda: ClamAV(address) if (address := configuration().clamav) else None)
        register_file_owner("discrepancy", may_see_evidence)
        keep_evidence_by(lambda actor, files, id: attach(actor, files, owner="discrepancy", owner_id=id))
        describe_actions(
            {
                "certificate.read": msgid("See certificates"),
                "certificate.replace": msgid("Replace certificates"),
                "certificate.resume": msgid("Resume certificates"),
                "certificate.revoke": msgid("Revoke certificates"),
                "certificate.revoke-of-case": msgid("Revoke the certificates of a case"),
                "certificate.suspend": msgid("Suspend certificates"),
            }
        )
