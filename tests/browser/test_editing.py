"""How an editor and a second officer work with pages of the portal, in a browser."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from browser.conftest import Site, visiting

from yiwang.portal.models import HomePage

pytestmark = pytest.mark.browser

EDITOR, PUBLISHER = "su.wen", "lu.jing"
SHOTS = os.environ.get("YIWANG_SCREENSHOTS", "")


def shoot(page: Any, name: str) -> None:
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def listen(page: Any) -> list[str]:
    """What the browser complains about on this page from now on: faults of scripts, and what the policy refused."""
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda fault: complaints.append(str(fault)))
    return complaints


def test_an_editor_greets_and_a_second_officer_lets_everybody_see_it(chromium: Any, site: Site) -> None:
    home = f"{site.root}/desk/site/pages/{HomePage.objects.get().pk}/edit/"
    with visiting(chromium, site, EDITOR, post=True) as editor:
        complaints = listen(editor)
        editor.goto(f"{site.root}/desk/site/")
        editor.wait_for_load_state("networkidle")
        shoot(editor, "workbench")
        editor.goto(home)
        editor.wait_for_load_state("networkidle")
        shoot(editor, "edit-home")
        editor.locator("#id_greeting").fill("您好，今天想办什么事？")
        shoot(editor, "edit-home-filled")
        editor.locator("footer [data-w-dropdown-target=toggle], footer .w-dropdown__toggle").first.click()
        shoot(editor, "menu")
        editor.locator("button[name=action-submit]").first.click()
        editor.wait_for_load_state("networkidle")
        shoot(editor, "submitted")
        assert complaints == []
    with visiting(chromium, site, PUBLISHER, post=True) as publisher:
        complaints = listen(publisher)
        publisher.goto(f"{site.root}/desk/site/")
        publisher.wait_for_load_state("networkidle")
        shoot(publisher, "to-publish")
        publisher.goto(home)
        publisher.wait_for_load_state("networkidle")
        shoot(publisher, "decide")
        publisher.locator("footer [data-w-dropdown-target=toggle], footer .w-dropdown__toggle").first.click()
        publisher.locator("[data-workflow-action-name=approve]").first.click()
        publisher.wait_for_load_state("networkidle")
        shoot(publisher, "decided")
        assert complaints == []
    with visiting(chromium, site) as visitor:
        visitor.goto(site.root)
        assert visitor.get_by_role("heading", name="您好，今天想办什么事？").is_visible()
    HomePage.objects.update(greeting="")  # the city is other tests', too
