"""A headless Chromium for the tests of HTML pages, one for the session."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

HERE = Path(__file__).parent.parent
_OPTIONS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--no-proxy-server",
)  # fmt: skip


class Browser:
    """Opens pages, and says what a reader would see."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    def open(
        self, page: Path | str, *, width: int = 1280, theme: str = "light", script: bool = True
    ) -> None:
        """Show a page, with nothing left over from the one before."""
        self.command("Emulation.setScriptExecutionDisabled", value=not script)
        features = [
            {"name": "prefers-color-scheme", "value": theme},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]
        self.command("Emulation.setEmulatedMedia", features=features)
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
        self.command("Emulation.setDeviceMetricsOverride", **size)
        self.driver.get("about:blank")
        self.driver.get_log("browser")  # type: ignore[no-untyped-call]
        self.driver.get(page.as_uri() if isinstance(page, Path) else page)

    def command(self, name: str, **parameters: object) -> Any:  # noqa: ANN401
        """Give a command of the developer tools."""
        return self.driver.execute_cdp_cmd(name, parameters)

    def run(self, script: str, *arguments: object) -> Any:  # noqa: ANN401
        """Run a script in the page and return what it returns."""
        return self.driver.execute_script(script, *arguments)

    @property
    def complaints(self) -> list[str]:
        """What the page has said on the console since it was opened."""
        said = self.driver.get_log("browser")  # type: ignore[no-untyped-call]
        return [entry["message"] for entry in said]

    @property
    def requests(self) -> list[str]:
        """What the page has asked for besides itself."""
        return list(self.run("return performance.getEntriesByType('resource').map(e => e.name)"))

    def violations(self) -> list[str]:
        """Return what axe finds serious or worse in the page."""
        self.run(axe())
        self.driver.set_script_timeout(60)
        found = self.driver.execute_async_script(
            "axe.run().then(r => arguments[0](JSON.stringify(r.violations)))"
        )
        return [
            f"{one['id']}: {node['target']} {node['failureSummary']}"
            for one in json.loads(found)
            if one["impact"] in ("serious", "critical")
            for node in one["nodes"]
        ]


def absent(what: str, remedy: str) -> None:
    """Skip a test for want of something; in continuous integration fail it."""
    said = f"no {what} here: {remedy}"
    if os.environ.get("CI") == "true":
        pytest.fail(said)
    pytest.skip(said)


def axe() -> str:
    """Return axe-core, from npm."""
    places = (os.environ.get("AXE_CORE", ""), HERE / "node_modules/axe-core/axe.min.js")
    for place in places:
        if place and Path(place).is_file():
            return Path(place).read_text(encoding="utf-8")
    absent("axe-core", "npm install --no-save axe-core")
    return ""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Yield the browser, or skip."""
    names = ("chromium", "chromium-browser", "google-chrome")
    chromium = next(filter(None, map(shutil.which, names)), None)
    driver = shutil.which("chromedriver")
    if chromium is None or driver is None:
        absent("Chromium with its driver", "apt-get install chromium chromium-driver")
    options = Options()
    options.binary_location = str(chromium)
    for option in _OPTIONS:
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    opened = webdriver.Chrome(options=options, service=Service(str(driver)))
    yield Browser(opened)
    opened.quit()
