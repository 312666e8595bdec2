"""``report.html`` in a real browser: it is looked at, searched, sorted, opened and printed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize
from support.browser import Visit, browsing, executable, visit
from support.systems import want
from unit.reporters.html.dossiers import LATER, upgraded, written
from unit.reporters.html.test_page import hostile, many
from unit.reporters.samples import mixed

from runner.engine.dossier import Dossier
from runner.model import Run
from runner.reporters import html

pytestmark = pytest.mark.skipif(
    executable() is None, reason=want("no Chromium on the PATH (Debian: apt-get install chromium)")
)
DESKTOP: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
CHECKS, FLAWS = "form[data-filter=check]", "form[data-filter=vulnerability]"


def add(dossier: Dossier, run: Run, stage: str) -> None:
    added = replace(run, id=f"{stage}-1", stage=stage, started=LATER)
    dossier.begin(stage, added.id)
    dossier.write_run(added)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a report with everything in it: scans, every outcome, and hostile texts."""
    dossier = upgraded(tmp_path_factory.mktemp("dossier"))
    add(dossier, mixed(), "rollout")
    add(dossier, hostile(), "smoke")
    written(dossier)
    return dossier.live / html.NAME


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browsing() as browser:
        yield browser


@pytest.fixture(scope="module")
def browser(chromium: Browser) -> BrowserContext:
    return chromium.new_context(viewport=DESKTOP)


@pytest.fixture
def opened(browser: BrowserContext, report: Path) -> Iterator[Visit]:
    """Open the report, and hold it at the end against what no page of ours may do."""
    found = visit(browser, report)
    yield found
    found.page.close()
    assert found.troubles == []
    assert found.requests == [report.as_uri()]


@pytest.fixture
def page(opened: Visit) -> Page:
    return opened.page


def shown(page: Page, selector: str) -> int:
    return page.locator(selector).filter(visible=True).count()


def test_it_opens_and_nothing_goes_wrong(page: Page) -> None:
    assert page.title().startswith("Errored: mlflow 3.6.0 → 3.17.2")
    assert page.locator(".badge").inner_text() == "Errored"


def test_checks_are_found_by_their_words(page: Page) -> None:
    field = page.locator(f"{CHECKS} input")
    field.fill("artifact push")
    assert shown(page, ".check") == 1
    assert page.locator(f"{CHECKS} output").inner_text() == "1 of 9 checks"
    field.fill("")
    page.locator(f"{CHECKS} select").select_option("skipped")
    assert page.locator(".check:visible b").all_inner_texts() == ["Rollback rehearsal"]
    page.locator(f"{CHECKS} select").select_option("")
    assert shown(page, ".check") == 9
    assert page.locator(f"{CHECKS} output").inner_text() == ""


def test_vulnerabilities_are_filtered(page: Page) -> None:
    rows = ".vulnerabilities tbody tr"
    page.locator(f"{FLAWS} select[name=fate]").select_option("out of range")
    few = shown(page, rows)
    assert 0 < few < 28
    assert page.locator(f"{FLAWS} output").inner_text() == f"{few} of 28 vulnerabilities"
    page.locator(f"{FLAWS} select[name=severity]").select_option("critical")
    assert 0 < shown(page, rows) < few
    page.locator(f"{FLAWS} input").fill("no such thing")
    assert shown(page, rows) == 0


def test_vulnerabilities_are_sorted_by_number_and_by_name(page: Page) -> None:
    heading = page.get_by_role("columnheader", name="Severity")
    scores = ".vulnerabilities tbody td:nth-child(3)"
    heading.get_by_role("button").click()
    assert heading.get_attribute("aria-sort") == "ascending"
    told = [float(one.split()[-1]) for one in page.locator(scores).all_inner_texts()]
    assert told == sorted(told)
    heading.get_by_role("button").press("Enter")
    assert heading.get_attribute("aria-sort") == "descending"
    assert page.locator(scores).first.inner_text() == "critical 10.0"
    page.get_by_role("columnheader", name="Advisory").get_by_role("button").click()
    assert heading.get_attribute("aria-sort") is None
    names = page.locator(".vulnerabilities tbody th a").all_inner_texts()
    numbers = [tuple(map(int, one.split("-")[1:])) for one in names if one.startswith("CVE-")]
    assert numbers == sorted(numbers)


def test_checks_are_opened_and_closed_by_keyboard(page: Page) -> None:
    check = page.locator("#verification--scan")
    assert check.get_attribute("open") is None
    check.locator("summary").focus()
    page.keyboard.press("Enter")
    assert check.get_attribute("open") is not None
    page.get_by_role("button", name="Close all").press("Space")
    assert page.locator(".check[open]").count() == 0
    page.get_by_role("button", name="Open all").press("Space")
    assert page.locator(".check[open]").count() == 9


def test_a_bar_of_the_timeline_leads_to_its_check(page: Page) -> None:
    page.locator(".timeline a", has_text="Fast unit tests").click()
    assert page.locator("#rollout--fast-unit-tests").get_attribute("open") is not None


def test_an_address_with_a_check_opens_it(browser: BrowserContext, report: Path) -> None:
    page = visit(browser, report, "#verification--scan").page
    assert page.locator("#verification--scan").get_attribute("open") is not None
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_no_violation(opened: Visit, viewport: ViewportSize, scheme: str) -> None:
    opened.page.set_viewport_size(viewport)
    opened.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    opened.page.get_by_role("button", name="Open all").click()
    assert opened.axe() == []
    wide = opened.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= viewport["width"]
    taken = opened.page.screenshot(full_page=True)
    assert taken.startswith(b"\x89PNG")


def test_every_control_is_reached_by_tab(page: Page) -> None:
    page.evaluate("scrollTo(0, 0)")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    reached = set()
    for _ in range(400):
        page.keyboard.press("Tab")
        name = "const e = document.activeElement; return e.closest('form')?.dataset.filter"
        reached.add(page.evaluate(f"(() => {{ {name} ?? e.tagName }})()"))
    assert {"check", "vulnerability", "SUMMARY", "A", "BUTTON"} <= reached


def test_it_prints_on_a4_with_every_check_open(page: Page) -> None:
    closed = page.locator(".check:not([open])").count()
    assert closed > 0
    printed = page.pdf(prefer_css_page_size=True)
    assert printed.startswith(b"%PDF-")
    assert b"/MediaBox [0 0 594.95996 841.91998]" in printed  # A4 in points
    assert page.locator(".check:not([open])").count() == closed


def test_no_page_breaks_within_a_row_or_behind_a_heading(page: Page) -> None:
    page.emulate_media(media="print")
    for selector, style, wish in (
        (".vulnerabilities tbody tr", "breakInside", "avoid"),
        ("figure", "breakInside", "avoid"),
        ("li", "breakInside", "avoid"),
        ("h2", "breakAfter", "avoid"),
        (".check summary", "breakAfter", "avoid"),
        ("thead", "breakAfter", "avoid"),
    ):
        found = page.locator(selector).evaluate_all(
            "(found, style) => found.map(one => getComputedStyle(one)[style])", style
        )
        assert set(found) == {wish}, selector


def test_headings_are_repeated_on_each_printed_page(page: Page) -> None:
    """Chromium does not repeat a heading that holds a box of its own, as a button has."""
    page.emulate_media(media="print")
    kinds = page.locator(".vulnerabilities thead button").evaluate_all(
        "found => found.map(one => getComputedStyle(one).display)"
    )
    assert kinds == ["contents"] * 5


def test_without_scripts_everything_is_readable(chromium: Browser, report: Path) -> None:
    context = chromium.new_context(viewport=PHONE, java_script_enabled=False)
    found = visit(context, report)
    assert shown(found.page, ".tools") == 0
    assert shown(found.page, ".check") == 9
    assert shown(found.page, ".vulnerabilities tbody tr") == 28
    check = found.page.locator("#verification--scan")
    check.locator("summary").click()
    assert check.locator(".body").is_visible()
    assert found.troubles == []
    assert found.requests == [report.as_uri()]
    context.close()


def test_thousands_of_checks_are_searched(browser: BrowserContext, tmp_path: Path) -> None:
    dossier = upgraded(tmp_path)
    add(dossier, many(3_000), "verification")
    written(dossier)
    found = visit(browser, dossier.live / html.NAME)
    found.page.locator(f"{CHECKS} input").fill("check 2999")
    assert shown(found.page, ".check") == 1
    assert shown(found.page, ".group") == 1
    assert found.troubles == []
    found.page.close()
