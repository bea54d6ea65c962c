"""The same expressions give the same outcomes in Chromium, bundled as the pages are and under their content policy."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from playwright.sync_api import Page, Route, sync_playwright

from .chance import some_case
from .test_expressions import VECTORS, outcome_of

ROOT = Path(__file__).parents[2]
FRONTEND = ROOT / "frontend"
MADE_BY_CHANCE = 1_000

pytestmark = pytest.mark.browser

# Vite itself, from the lock file; the entry is the module alone, so that its outcome can be asked from a page.
BUNDLE = """
import { build } from "vite";
await build({
  root: process.argv[1], configFile: false, logLevel: "warn",
  build: {
    outDir: process.argv[2], emptyOutDir: true, target: "es2022",
    lib: { entry: process.argv[1] + "/src/expressions.ts", formats: ["es"], fileName: () => "expressions.js" },
  },
});
"""

ASK = """
async (cases) => {
  const { evaluate, UNKNOWN, ExpressionFault } = await import("/expressions.js");
  return cases.map(({ expression, types, values }) => {
    const facts = {};
    for (const [name, type] of Object.entries(types)) facts[name] = { type, value: values[name] };
    try {
      const result = evaluate(expression, facts);
      return result === UNKNOWN ? { outcome: "unknown" } : { result };
    } catch (error) {
      return error instanceof ExpressionFault ? { outcome: "error" } : { crash: String(error) };
    }
  });
}
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    bundled = tmp_path_factory.mktemp("bundle")
    node = Path(sys.executable).parent / "node"
    subprocess.run(
        [node, "--input-type=module", "--eval", BUNDLE, FRONTEND, bundled], cwd=FRONTEND, check=True, timeout=120
    )

    def answer(route: Route) -> None:
        if route.request.url.endswith("/expressions.js"):
            route.fulfill(path=bundled / "expressions.js", content_type="text/javascript")
        else:
            route.fulfill(
                body="<!doctype html><title>expressions</title>",
                content_type="text/html",
                headers={"Content-Security-Policy": "default-src 'none'; script-src 'self'"},
            )

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium")
        opened = browser.new_page()
        opened.route("**/*", answer)
        opened.goto("https://portal.test/")
        yield opened
        browser.close()


@pytest.fixture(scope="module")
def answers(page: Page) -> dict[str, dict[str, Any]]:
    given = page.evaluate(ASK, VECTORS)
    return {vector["name"]: answer for vector, answer in zip(VECTORS, given, strict=True)}


@pytest.mark.parametrize("vector", VECTORS, ids=[one["name"] for one in VECTORS])
def test_vector_in_the_browser(vector: dict[str, Any], answers: dict[str, dict[str, Any]]) -> None:
    assert answers[vector["name"]] == {key: vector[key] for key in ("outcome", "result") if key in vector}


def test_expressions_made_by_chance_give_the_same_on_both_sides(page: Page) -> None:
    random = Random(20261121)
    cases = [some_case(random) for _ in range(MADE_BY_CHANCE)]
    different = [
        (case["expression"], case["values"], here, there)
        for case, there in zip(cases, page.evaluate(ASK, cases), strict=True)
        if (here := outcome_of(case)) != there
    ]
    assert different == []


def test_what_the_server_never_sends_is_a_fault_and_no_answer(page: Page) -> None:
    cases = [
        {"expression": expression, "types": {}, "values": {}} for expression in ("1 +", "1 < 2 || " * 60 + "true", "")
    ]
    assert page.evaluate(ASK, cases) == [{"outcome": "error"}] * 3
