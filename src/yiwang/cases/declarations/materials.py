"""Materials 材料: what must be shown."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from yiwang.cases.declarations.parts import Text
from yiwang.kernel.kinds import Part

__all__ = ["MaterialBody"]


class CheckBody(Part):
    """When it is looked whether a promise was kept, in working days from the decision."""

    working_days: int = Field(ge=1, le=365)


class PromiseMadeBody(Part):
    """A promise 告知承诺 instead of a paper.  text: what is promised.  check: when it is looked at.  broken: what follows then.

    Source: 国务院办公厅关于全面推行证明事项和涉企经营许可事项告知承诺制的指导意见（国办发〔2020〕42号）.
    """

    text: Text
    check: CheckBody
    broken: Text


class MaterialBody(Part):
    """What must be shown 材料.

    kind: `fact`, what a register of the city says; `certificate`, one that the city issued and that is valid; `upload`, a file; `promise`,
    a stated undertaking that is checked later.
    elements: of a fact: all of them must be known.  certificate: its type.  element: of an upload, of the type `file`; of a promise, of
    the type `boolean`; of a fact or a certificate, the file that is asked for when the city does not have it.  may_follow: the form may be
    sent without it (容缺); it then stands in the one notice of everything that is missing.  help: what must be seen in it, how to get it.
    issued_by: who hands the paper out 来源渠道, or empty: the applicant himself.  medium: 材料形式.  copies: how many of it on paper.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$")
    title: Text
    kind: Literal["fact", "certificate", "upload", "promise"]
    elements: tuple[str, ...] = ()
    certificate: str = ""
    element: str = ""
    promise: PromiseMadeBody | None = None
    may_follow: bool = False
    help: Text = ""
    issued_by: Text = ""
    medium: Literal["electronic", "paper", "either"] = "electronic"
    copies: int = Field(default=0, ge=0, le=20)
    law: str = ""
    article: str = ""

    @model_validator(mode="after")
    def _is_whole(self) -> MaterialBody:
        if (self.kind == "fact") != bool(self.elements):
            raise ValueError("`elements` belong to a material of the kind `fact`, which names at least one")
        if (self.kind == "certificate") != bool(self.certificate):
            raise ValueError("`certificate` belongs to a material of the kind `certificate`, which names its type")
        if self.kind in ("upload", "promise") and not self.element:
            raise ValueError("an `upload` names the `element` that holds the file, a `promise` the one that says yes")
        if (self.kind == "promise") != (self.promise is not None):
            raise ValueError("`promise` belongs to a material of the kind `promise`: text, check, broken")
        return self
