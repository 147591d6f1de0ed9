"""A person at Label Studio's pages in a real browser: logs in, edits, clicks, presses hotkeys."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from annotation.projects import LabelProject
from sandbox.chromium import Chromium
from sandbox.label_studio import ANNOTATORS, PASSWORD
from sandbox.server import CHECKOUT

SHOTS = CHECKOUT / ".cache" / "screens"
"""Where the pictures of the last test run lie."""

PATIENCE_MS = 60_000


class Annotator:
    """One person with one window. Names of boxes and choices are those of the labelling configuration."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def open(self, project: LabelProject) -> None:
        """Begin with a project's tasks; its instructions are shown first."""
        self.page.goto(f"/projects/{project.id}/data?labeling=1")
        self.page.get_by_text("Labeling Instructions").wait_for()
        self.shot(f"{project.screen}-0-instructions")
        self.page.keyboard.press("Escape")
        self.page.get_by_text("Labeling Instructions").wait_for(state="hidden")
        self.page.locator(".wp").wait_for()

    def read(self, box: str) -> str:
        return self.page.locator(f"textarea[name={box}]").input_value()

    def write(self, box: str, text: str) -> None:
        self.page.fill(f"textarea[name={box}]", text)

    def choose(self, choice: str) -> None:
        self.page.check(f"input[name='{choice}']")

    def chosen(self, choice: str) -> bool:
        return self.page.is_checked(f"input[name='{choice}']")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def leave_the_box(self) -> None:
        """Hotkeys work where nobody types."""
        self.page.locator(".wp .side h4").first.click()

    def rate(self, stars: int) -> None:
        self.page.locator(".wp .ant-rate-star").nth(stars - 1).click()

    def submit(self) -> None:
        """Submit with the keyboard and wait for the server."""
        with self._sent("/annotations"):
            self.press("Control+Enter")

    def skip(self) -> None:
        with self._sent("/annotations"):
            self.press("Control+Space")

    def postpone(self) -> None:
        """Leave the task for later: the arrow to the next one."""
        with self._next():
            self.page.get_by_test_id("next-task").click()

    def shot(self, name: str) -> Path:
        """A picture of the whole page."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        path = SHOTS / f"{name}.png"
        self.page.screenshot(path=path, animations="disabled")
        return path

    @contextmanager
    def _sent(self, path: str) -> Iterator[None]:
        with self._next(), self.page.expect_response(lambda r: r.request.method == "POST" and path in r.url) as sent:
            yield
        assert sent.value.status == 201, sent.value.text()

    @contextmanager
    def _next(self) -> Iterator[None]:
        with self.page.expect_response(lambda r: "id=next_task" in r.url):
            yield


@contextmanager
def annotator(browser: Chromium, url: str, person: int = 1, **options: Any) -> Iterator[Annotator]:
    """Annotator 1, 2 or 3, logged in."""
    with sync_playwright() as playwright:
        # Without its own sandbox: it needs a setuid program, and only pages of ours are opened.
        launched = playwright.chromium.launch(
            executable_path=browser.program, env=browser.env or None, args=["--no-sandbox", "--disable-gpu"]
        )
        window = {"viewport": {"width": 1440, "height": 1000}, "locale": "zh-CN", **options}
        page = launched.new_context(base_url=url, **window).new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.goto("/user/login/")
        page.fill("[name=email]", ANNOTATORS[person - 1])
        page.fill("[name=password]", PASSWORD)
        page.click("[type=submit]")
        page.wait_for_url(lambda url: "/user/login" not in url)
        yield Annotator(page)
        launched.close()
