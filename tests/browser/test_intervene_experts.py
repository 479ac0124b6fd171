"""The Intervene lens of a mixture of experts."""

from playwright.sync_api import expect

from tests.browser.interventions import cells, run
from tests.browser.screen import SMALL, Screen


def test_a_pressed_expert_opens_in_the_experts_lens(page):
    mixture = {"model.feed_forward.kind": "MoE", "model.feed_forward.experts": 4, "model.feed_forward.hidden": 8}
    screen = Screen(page).open(**SMALL, **mixture, lens="intervene")
    screen.train(2)
    screen.pause()
    run(screen)
    cells(screen, "Experts").nth(2).click()  # L0 E2
    expect(page.locator(".experts [data-k=ablate] b")).to_have_text("E2")
    expect(page.locator(".experts").get_by_role("button", name="Send everything to it")).to_be_visible()
    expect(page.get_by_role("group", name="Layer", exact=True).locator("[aria-pressed=true]")).to_have_text("0")
