"""What a browser calls itself, in the two words by which its owner knows it again. Nobody has to tell it truly: shown, never trusted."""

from __future__ import annotations

__all__ = ["browser_and_system"]

# Whoever builds on another's engine names that one, too; the own name therefore comes first.
BROWSERS = (
    ("MicroMessenger/", "微信"),
    ("AlipayClient/", "支付宝"),
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("HuaweiBrowser/", "华为浏览器"),
    ("MQQBrowser/", "QQ 浏览器"),
    ("QQBrowser/", "QQ 浏览器"),
    ("UCBrowser/", "UC 浏览器"),
    ("MiuiBrowser/", "小米浏览器"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("OpenHarmony", "HarmonyOS"),
    ("HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)


def browser_and_system(agent: str) -> tuple[str, str]:
    """Browser and system by the `User-Agent` of a request (RFC 9110 10.1.5), each empty when it is none that we know."""
    return _first(BROWSERS, agent), _first(SYSTEMS, agent)


def _first(known: tuple[tuple[str, str], ...], agent: str) -> str:
    return next((name for mark, name in known if mark in agent), "")
