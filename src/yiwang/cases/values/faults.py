"""What refuses a change of a case, as a problem."""

from __future__ import annotations

from yiwang.kernel.errors import Conflict

__all__ = ["AlreadyDecided", "CaseNotOpen", "FactChanged", "FormChanged", "KeyReused", "NotAsked", "OnceOnly"]


class FormChanged(Conflict):
    """The form was read under an older release and has other questions now; `faults` lists what changed. Nothing was sent."""

    code = "form-changed"
    title = "The form has changed since you opened it"
    next_step = "Look at the listed changes and send again. Nothing that you entered is lost."


class KeyReused(Conflict):
    """The idempotency key was already used to send something else."""

    code = "key-reused"
    title = "This form was already sent with other content"
    next_step = "Look at your cases; open the form again to send another one."


class FactChanged(Conflict):
    """What the city knows is not what the form was prefilled with; `faults` say both values. Nothing was sent."""

    code = "fact-changed"
    title = "What the city knows has changed since you opened the form"
    next_step = "Look at the listed changes and send again. Nothing that you entered is lost."


class OnceOnly(Conflict):
    """The act may be done once in a case and was done before: a second request for supplements.

    Source: 行政许可法 art. 32(1)(4): everything that has to be supplied is told at once.
    """

    code = "once-only"
    title = "This was already done in this case"
    next_step = "Decide with what is there."


class AlreadyDecided(Conflict):
    """Somebody else did the task first. `params`: `who` (unit and post), `what`, `when` (ISO 8601, UTC)."""

    code = "already-decided"
    title = "This task has already been done"
    next_step = "Look at the case to see what was decided."


class NotAsked(Conflict):
    """Nobody asks the applicant about this part: it is not waiting for his word, or no longer."""

    code = "not-asked"
    title = "Nothing is asked about this any more"
    next_step = "Look at your application to see how it stands."


class CaseNotOpen(Conflict):
    """The case has ended, or its decision is already being carried out."""

    code = "case-not-open"
    title = "This case can no longer be changed"
    next_step = "Look at the case to see how it ended."
