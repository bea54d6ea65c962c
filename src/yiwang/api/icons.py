"""Line drawings on a grid of 24, drawn for this project: each beside a word, never instead of one."""

from __future__ import annotations

__all__ = ["ICONS"]


def _paths(*shapes: str) -> str:
    return "".join(f'<path d="{shape}"/>' for shape in shapes)


ICONS: dict[str, str] = {
    "alert": _paths("M12 4 2.8 20h18.4z", "M12 10v4", "M12 17v.2"),
    "arrow": _paths("M9 6l6 6-6 6"),
    "baby": _paths("M12 3a4 4 0 1 0 0 8 4 4 0 0 0 0-8z", "M5 21c0-5 3-8 7-8s7 3 7 8z", "M10.5 7v.2", "M13.5 7v.2"),
    "book": _paths("M12 6c-2-1.6-5-2-9-2v14c4 0 7 .4 9 2 2-1.6 5-2 9-2V4c-4 0-7 .4-9 2z", "M12 6v14"),
    "heart": _paths(
        "M12 20S3 14.5 3 8.8A4.6 4.6 0 0 1 12 7a4.6 4.6 0 0 1 9 1.8C21 14.5 12 20 12 20z",
        "M6 11h3l1.5-2.5 2.5 5 1.5-2.5h3",
    ),
    "luggage": _paths("M5 8h14v12H5z", "M9 8V4h6v4", "M9 12v4", "M15 12v4"),
    "people": _paths(
        "M9 4a3 3 0 1 0 0 6 3 3 0 0 0 0-6z",
        "M3 20c0-4 2.5-7 6-7s6 3 6 7",
        "M16 5a3 3 0 0 1 0 5.6",
        "M17.5 13.6c2.2.9 3.5 3.3 3.5 6.4",
    ),
    "rings": _paths("M8.5 8a6 6 0 1 0 0 12 6 6 0 0 0 0-12z", "M15.5 8a6 6 0 1 1 0 12 6 6 0 0 1 0-12z", "M10 4h4l-2 3z"),
    "shop": _paths("M4 10v11h16V10", "M2.5 10 5 4h14l2.5 6z", "M10 21v-6h4v6"),
    "stick": _paths(
        "M10 3a2 2 0 1 0 0 4 2 2 0 0 0 0-4z", "M8 21l2-6-1-6 4 2 2 3", "M10 15l3 2v4", "M17 21V14a1.8 1.8 0 0 1 3.6 0"
    ),
    "work": _paths("M3 8h18v12H3z", "M9 8V5h6v3", "M3 13h18", "M12 12v2.5"),
    "back": _paths("M15 6l-6 6 6 6"),
    "building": _paths(
        "M4 21V6l8-3v18", "M12 9h8v12", "M2 21h20", "M8 9v.2", "M8 13v.2", "M8 17v.2", "M16 13v.2", "M16 17v.2"
    ),
    "calendar": _paths("M4 6h16v15H4z", "M4 11h16", "M8 3v5", "M16 3v5"),
    "card": _paths("M7 3h10v18H7z", "M10 7h4"),
    "check": _paths("M5 12.5l4.5 4.5L19 7.5"),
    "clock": _paths("M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z", "M12 7v5l3.5 2"),
    "cross": _paths("M6 6l12 12", "M18 6L6 18"),
    "done": _paths("M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z", "M8 12.3l2.8 2.8L16.2 9.5"),
    "elder": _paths("M3 19 8.5 5h1L15 19", "M5 14.5h8", "M18 8v8", "M14.5 12h7"),
    "eye": _paths(
        "M2 12c3-5 6.3-7.5 10-7.5S19 7 22 12c-3 5-6.3 7.5-10 7.5S5 17 2 12z", "M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z"
    ),
    "file": _paths("M6 3h8l4 4v14H6z", "M14 3v4h4", "M9 12h6", "M9 16h6"),
    "flag": _paths("M5 21V4", "M5 4h13l-3 4 3 4H5"),
    "gear": _paths(
        "M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z",
        "M12 3v3",
        "M12 18v3",
        "M3 12h3",
        "M18 12h3",
        "M5.6 5.6l2.2 2.2",
        "M16.2 16.2l2.2 2.2",
        "M5.6 18.4l2.2-2.2",
        "M16.2 7.8l2.2-2.2",
    ),
    "globe": _paths(
        "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z",
        "M3 12h18",
        "M12 3c3 2.7 4 5.7 4 9s-1 6.3-4 9c-3-2.7-4-5.7-4-9s1-6.3 4-9z",
    ),
    "home": _paths("M3 11l9-8 9 8", "M5.5 9.5V21h13V9.5", "M10 21v-6h4v6"),
    "inbox": _paths("M4 4h16v16H4z", "M4 14h5l1.5 2.5h3L15 14h5"),
    "info": _paths("M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z", "M12 11v5.5", "M12 7.5v.2"),
    "key": _paths("M8 9a4 4 0 1 0 0 8 4 4 0 0 0 0-8z", "M11.2 10.8 20 4", "M17 6.3l2.5 3"),
    "list": _paths("M9 6h12", "M9 12h12", "M9 18h12", "M4 6v.2", "M4 12v.2", "M4 18v.2"),
    "mail": _paths("M3 5h18v14H3z", "M3.5 6l8.5 7 8.5-7"),
    "out": _paths("M14 4H5v16h9", "M10 12h11", "M17 8l4 4-4 4"),
    "phone": _paths("M6 3h4l1.5 5-2.5 2a12 12 0 0 0 5 5l2-2.5 5 1.5v4c0 1-.8 2-2 2C10.7 20 4 13.3 4 5c0-1.2 1-2 2-2z"),
    "pin": _paths(
        "M12 21c-4.5-5-6.5-8.2-6.5-11a6.5 6.5 0 0 1 13 0c0 2.8-2 6-6.5 11z",
        "M12 7.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z",
    ),
    "print": _paths("M7 9V3h10v6", "M7 17H4V9h16v8h-3", "M7 14h10v7H7z"),
    "together": _paths("M4 4h6v6H4z", "M14 14h6v6h-6z", "M10 7h7v7", "M7 10v7h7"),
    "search": _paths("M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13z", "M15.5 15.5L21 21"),
    "shield": _paths("M12 3l8 3v6c0 4.5-3 7.5-8 9-5-1.5-8-4.5-8-9V6z", "M8.5 12l2.5 2.5 4.5-4.5"),
    "stop": _paths("M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z", "M8 12h8"),
    "swap": _paths("M4 8h15", "M15 4l4 4-4 4", "M20 16H5", "M9 12l-4 4 4 4"),
    "user": _paths("M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8z", "M4 21c.8-4.5 4-6.5 8-6.5s7.2 2 8 6.5"),
    "users": _paths(
        "M9 5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7z",
        "M2.5 20c.6-4 3-5.5 6.5-5.5s5.9 1.5 6.5 5.5",
        "M16 5.5a3.3 3.3 0 0 1 0 6.3",
        "M17.5 15c2.3.5 3.6 2 4 5",
    ),
}
"""Name → shapes inside the drawing."""
