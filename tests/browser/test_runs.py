"""Forks, the shelf and the history on the page: a fork at a past step, its parent in sight, files out and in."""

import re

from playwright.sync_api import Page, expect

from tests.browser.screen import Screen

MODEL = {"preset": "copy", "lens": "predictions", "training.steps": 5000}  # large enough not to end before it is paused


def looked_back(page: Page, **query: object) -> Screen:
    """A paused run, seen at a step before its last."""
    screen = Screen(page).open(**{**MODEL, **query})
    screen.train(30)
    screen.pause()
    rail = screen.bar.get_by_role("slider", name="Step shown")
    rail.press("Home")
    screen.is_("past")
    screen.settles()
    return screen


def test_a_fork_at_a_past_step_trains_on_and_shows_the_run_before_it(page):
    screen = looked_back(page)
    page.get_by_role("button", name="Fork here").click()
    screen.is_("paused|ready")
    expect(screen.bar.locator("[data-step]")).to_have_text("0")
    note = page.locator("#tp .banner")
    expect(note).to_contain_text("Run 2 is a fork of run 1 at step 0. Run 1 waits on the shelf.")
    expect(page.locator("#hd [data-do=runs]:visible [data-runs]")).to_have_text("2")
    expect(page.locator("#tp .mark")).to_contain_text(["fork of run 1"])
    screen.lens("Learning")
    expect(page.get_by_text("before the fork").first).to_be_visible()
    screen.lens("Predictions")  # cheaper to draw while it trains
    screen.button.click()
    screen.reaches(20)
    screen.pause()
    page.keyboard.press("f")
    expect(note).to_contain_text("Run 3 is a fork of run 2")
    note.get_by_role("button", name="Train both").click()
    expect(note).to_contain_text("Runs 2 and 3 have the same settings")
    row = screen.open_panel("training") and screen.enter("training.lr", "0.002")
    expect(row).to_contain_text("was")
    note.get_by_role("button", name="Train both").click()
    expect(page.locator("#hd .pages [aria-current]")).to_have_text("Compare")
    expect(page.locator(".cmp-bar")).to_have_attribute("data-state", re.compile("starting|running|finished|queued"))
    expect(page.locator("#compare")).to_contain_text("run 3")
    page.locator(".cmp-bar [data-do=restart]").click()  # frees the cores


def test_the_header_counts_the_runs_there_are_now(page):
    screen = Screen(page).open(**MODEL)
    count = page.locator("#hd [data-do=runs]:visible [data-runs]")
    screen.train(2)
    screen.pause()
    page.locator("#hd [data-do=runs]:visible").click()
    expect(page.locator(".shelf tbody tr")).to_have_count(1)
    page.keyboard.press("Escape")
    page.locator("#cfg .chip", has_text="Reverse").click()  # no press of the dialog, which knows nothing of it
    expect(count).to_have_text("2")
    screen.pause()
    page.locator("#hd [data-do=theme]:visible").click()  # draws all again
    expect(page.locator("body")).to_have_class(re.compile("dark"))
    expect(count).to_have_text("2")


def test_the_history_plays_to_its_end(page):
    screen = looked_back(page, lens="attention")
    rewind = screen.bar.locator("[data-do=rewind]")
    screen.bar.get_by_role("button", name=re.compile("^Go to")).click()
    screen.is_("paused|finished")
    page.keyboard.press("Shift+Space")
    screen.is_("past")
    expect(rewind).to_have_attribute("aria-pressed", "true")
    first = screen.step
    screen.reaches(first + 10)
    page.keyboard.press("Shift+Space")
    expect(rewind).to_have_attribute("aria-pressed", "false")
    screen.settles()
    picture = page.locator(".mapbox canvas.weights")
    expect(picture).to_have_attribute("aria-label", re.compile(f"at step ({screen.step}|{screen.step:,})\\b"))
    expect(screen.bar.locator(".scrub")).to_have_attribute("title", re.compile("MB"))


def test_a_run_comes_back_from_the_shelf_and_from_a_file(page, tmp_path):
    screen = Screen(page).open(**MODEL)
    screen.train(20)
    step = screen.pause()
    page.keyboard.press("f")
    expect(page.locator("#tp .banner")).to_contain_text("Run 2 is a fork")
    page.get_by_role("button", name="Runs", exact=False).first.click()
    shelf, rows = page.get_by_role("dialog", name="Runs"), page.locator(".shelf tbody tr")
    expect(rows).to_have_count(2)
    shelf.get_by_role("button", name="Open", exact=True).click()
    expect(rows.nth(0)).to_contain_text(re.compile(r"^\s*1 Copy: .*on the page", re.S))
    expect(rows.nth(1)).to_contain_text(f"fork of run 1 at step {step:,}")
    with page.expect_download() as csv:
        rows.nth(0).get_by_role("button", name="CSV").click()
    assert csv.value.suggested_filename == f"run-1-copy-step-{step}.csv"
    with page.expect_download() as run:
        rows.nth(1).get_by_role("button", name="Run file").click()
    file = tmp_path / run.value.suggested_filename
    run.value.save_as(file)
    assert file.name == f"run-2-copy-step-{step}.safetensors"
    rows.nth(1).get_by_role("button", name="Delete").click()
    expect(rows).to_have_count(1)
    chooser = shelf.locator("input[type=file]")
    bad = tmp_path / "bad.safetensors"
    bad.write_bytes(b"PK\x03\x04" + file.read_bytes()[:2000])
    chooser.set_input_files(bad)
    expect(shelf.get_by_role("alert")).to_contain_text("This is a zip archive")
    chooser.set_input_files(file)
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text("uploaded")
    page.keyboard.press("Escape")
    expect(shelf).to_be_hidden()
    screen.button.click()
    assert screen.reaches(step + 1) > step


def test_a_phone_reaches_the_shelf_and_the_fork(phone):
    screen = Screen(phone).open(**MODEL)
    screen.train(10)
    screen.pause()
    screen.bar.get_by_role("button", name="Fork").click()
    expect(phone.locator("#tp .banner")).to_contain_text("Run 2 is a fork")
    phone.get_by_role("button", name="Pages and help").click()
    phone.locator(".menu [data-do=runs]").click()
    shelf = phone.get_by_role("dialog", name="Runs")
    expect(shelf.get_by_role("button", name="Open", exact=True)).to_be_visible()
    phone.wait_for_function("document.documentElement.scrollWidth <= 390")
    phone.wait_for_function("node => node.scrollWidth <= node.clientWidth", arg=shelf.element_handle())
