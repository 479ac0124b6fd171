"""The first minute of a visitor in Firefox: a run trains, another lens is seen, and the console is silent."""

from tests.browser.browsers import FIREFOX, path_of
from tests.browser.firefox import firefox_page

STATE = 'document.querySelector("#tp .tp")?.dataset.state'
STEP = 'Number(document.querySelector("#tp [data-step]").textContent.replaceAll(",", ""))'
CHART = "document.querySelector('.charts .plot canvas')?.getBoundingClientRect().height"


def test_a_run_trains_and_another_lens_is_seen(server, tmp_path):
    with firefox_page(path_of(FIREFOX), tmp_path) as page:
        page.goto(server)
        page.wait_for(f"{STATE} === 'replay'")
        page.press("#tp [data-do=toggle]")
        page.wait_for(f"{STATE} === 'running' && {STEP} > 1")
        page.press("#lenses [role=tab][data-tab-id=learning]")
        assert page.wait_for(CHART) > 100
        page.wait_for(f"{STEP} > {page.read(STEP) + 1}")  # the stream goes on
        assert page.errors == []
        page.read("setTimeout(() => { window.thrown = true; throw new Error('one that is provoked'); })")
        page.wait_for("window.thrown")
        page.read("console.error('another')")
    assert page.errors == ["Error: one that is provoked", "another"]  # so the silence above says something
