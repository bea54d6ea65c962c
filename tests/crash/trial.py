"""What the processes of the crash test do:

a change, a subscriber that reacts with another change, and one that hears of that.
"""

from __future__ import annotations

from django.db import connection

from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor, system
from yiwang.outbox import registry
from yiwang.outbox.services import remember
from yiwang.outbox.values import DeliveredEvent

SUBJECTS = 7  # few, so that many events share one and their order can be seen

TABLES = """
CREATE TABLE trial_change (line bigint GENERATED ALWAYS AS IDENTITY, key text NOT NULL);
CREATE TABLE trial_effect (line bigint GENERATED ALWAYS AS IDENTITY, subscriber text, position bigint, subject text,
cause text);
"""


def execute(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


@service("trial.change")
def system_change(actor: Actor, key: str) -> None:
    """One change under an idempotency key."""
    act = current_act()
    subject = f"s{sum(key.encode()) % SUBJECTS}"
    execute("INSERT INTO trial_change (key) VALUES (%s)", key)
    remember("trial", key, b"", {"subject": subject})
    act.about("trial", subject)
    act.emit("trial.changed.v1", subject=subject, data={"key": key})


@service("trial.react")
def system_react(actor: Actor, position: int, subject: str) -> None:
    """What a subscriber does on an event, itself a change with an entry and an event."""
    act = current_act()
    execute(
        "INSERT INTO trial_effect (subscriber, position, subject, cause) VALUES ('first', %s, %s, '')",
        position,
        subject,
    )
    act.about("trial", subject)
    act.emit("trial.reacted.v1", subject=subject, data={"position": position})


def hear_change(event: DeliveredEvent) -> None:
    system_react(system("trial"), event.position, event.subject)


def hear_reaction(event: DeliveredEvent) -> None:
    execute(
        "INSERT INTO trial_effect (subscriber, position, subject, cause) VALUES ('second', %s, %s, %s)",
        event.position,
        event.subject,
        str(event.data["position"]),
    )


def join() -> None:
    """What an engine does in `AppConfig.ready`."""
    registry.subscribe("trial.first", ["trial.changed.v1"], hear_change)
    registry.subscribe("trial.second", ["trial.reacted.v1"], hear_reaction)
