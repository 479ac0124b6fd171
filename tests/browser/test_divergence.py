"""A run that diverges stops with an explanation, and offers a way on."""

from playwright.sync_api import Page, expect

LINK = "?preset=text&model.norm.kind=%22none%22&training.lr=1&lens=%22learning%22"


def test_a_diverged_run_says_when_and_why_and_tries_again_with_half_the_rate(page: Page):
    page.goto("/" + LINK)
    play = page.locator("#tp [data-do=toggle]")
    expect(page.locator("[data-words]")).to_contain_text("ready", timeout=60_000)
    play.click()
    banner = page.locator("#tp .banner")
    expect(banner).to_contain_text("is not a finite number", timeout=60_000)
    expect(banner).to_contain_text("Last finite: loss")
    expect(banner).to_contain_text("too large for this model")
    expect(page.locator("[data-words]")).to_contain_text("diverged")
    banner.get_by_role("button", name="Halve its peak of 1 to 0.5 and retry").click()
    again = "Halve its peak of 0.5 to 0.25 and retry"  # half of 1 is still too large here
    expect(banner).to_contain_text(again, timeout=60_000)
