"""Changes of what the city publishes: articles of its own, and pages that an editorial system keeps."""

from yiwang.content.services.articles import publish, send_back, submit, withdraw, write
from yiwang.content.services.pages import (
    changing_pages,
    note_page_change,
    publish_page,
    system_keep_timetable,
    write_page,
)

__all__ = [
    "changing_pages",
    "note_page_change",
    "publish",
    "publish_page",
    "send_back",
    "submit",
    "system_keep_timetable",
    "withdraw",
    "write",
    "write_page",
]
