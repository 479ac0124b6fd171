"""Every chip starts a run of its preset, and the column describes that run."""

import json

from playwright.sync_api import expect

from models.cost import cost
from playground.settings.presets import PRESETS
from playground.views.column import lines
from tests.browser.screen import Screen

STACKS = {"decoder-only": {"decoder"}, "encoder-only": {"encoder"}, "encoder-decoder": {"decoder", "encoder", "cross"}}


def test_every_chip_starts_a_run_of_its_preset(page):
    screen = Screen(page).open()
    chips = page.locator("#cfg .chip")
    assert chips.evaluate_all("all => all.map(chip => chip.dataset.preset)") == list(PRESETS)
    for name, preset in PRESETS.items():
        chip = page.locator(f"#cfg .chip[data-preset='{name}']")
        chip.click()
        for accordion, line in lines(preset.config).items():
            expect(page.locator(f"#acc-{accordion} > button")).to_have_attribute("data-line", line)
        expect(page.locator(".card dd").first).to_have_text(f"{cost(preset.config.model).parameters:,}")
        expect(chip).to_have_attribute("aria-pressed", "true")
        expect(page.locator("#cfg .chip[aria-pressed=true]")).to_have_count(1)
        expect(page.locator("#cfg .note")).to_be_hidden()
        for stack in ("decoder", "encoder", "cross"):
            there = stack in STACKS[preset.config.model.topology]
            button = page.locator(f".tools [data-s=which] [data-id={stack}]")
            (expect(button).not_to_have_attribute if there else expect(button).to_have_attribute)(
                "aria-disabled", "true"
            )
        screen.is_("running")
        screen.reaches(1)


def test_an_encoder_decoder_shows_its_three_stacks(page):
    screen = Screen(page).open(preset="topologies", **{"training.batch": 8, "training.steps": 5000})
    screen.train(2)
    screen.pause()
    tokens = page.locator(".mapbox .xs")
    seen = {}
    for name in ("Decoder", "Encoder", "Cross"):
        button = page.locator(".tools [data-s=which]").get_by_role("button", name=name)
        button.click()
        expect(button).to_have_attribute("aria-pressed", "true")
        screen.settles()
        seen[name] = (tokens.inner_text(), page.locator(".mapbox .ys").inner_text())
        expect(screen.finding).not_to_be_empty()
    assert seen["Encoder"][0] == seen["Cross"][0] != seen["Decoder"][0]
    assert seen["Cross"][1] == seen["Decoder"][1]


def test_a_stack_that_is_not_there_says_why(page):
    screen = Screen(page).open(preset="copy", **{"model.topology": json.dumps("encoder-only"), "training.batch": 8})
    screen.train(1)
    expect(page.locator("[data-s=which] [data-id=encoder]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("[data-s=which] [data-id=cross]")).to_have_attribute(
        "title", "Only an encoder-decoder has cross-attention."
    )
