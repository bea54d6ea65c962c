"""The kinds that the catalogue owns: elements, code lists, resources, purposes, agreements."""

from __future__ import annotations

from yiwang.catalog.declarations.agreements import AgreementKind
from yiwang.catalog.declarations.code_lists import CodeListKind
from yiwang.catalog.declarations.elements import ElementKind
from yiwang.catalog.declarations.purposes import PurposeKind
from yiwang.catalog.declarations.resources import ResourceKind

__all__ = ["AgreementKind", "CodeListKind", "ElementKind", "PurposeKind", "ResourceKind"]
