"""The fixtures notice what is wrong with a page: tried on a server of a few lines, not on the app."""

from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import watched
from tests.serving import serving

TINY = dedent(
    """
    import os
    from http.server import BaseHTTPRequestHandler, HTTPServer
    from urllib.parse import unquote

    class Page(BaseHTTPRequestHandler):
        def do_GET(self):
            script = unquote(self.path.partition("?")[2])
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f"<link rel=icon href='data:,'><script>{script}</script>".encode())

    HTTPServer(("127.0.0.1", int(os.environ["GRADIO_SERVER_PORT"])), Page).serve_forever()
    """
)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    app = tmp_path_factory.mktemp("tiny") / "app.py"
    app.write_text(TINY)
    with serving(app.with_suffix(".log"), app.with_suffix(".data"), app) as running:
        yield running.url


def look(browser: Browser, url: str, test: pytest.Item, script: str) -> None:
    with watched(browser, url, test) as page:
        page.goto(f"/?{script}")
        page.wait_for_timeout(100)


BAD = {
    "page error": "missing()",
    "console: sad": "console.error('sad')",
    "request to another host: http://elsewhere.invalid/": "fetch('http://elsewhere.invalid/').catch(() => 0)",
    "request to another host: ws://elsewhere.invalid/": "new WebSocket('ws://elsewhere.invalid/')",
}


def test_a_sound_page_passes(browser, tiny, request):
    look(browser, tiny, request.node, "console.warn('hm'); fetch('/x')")


@pytest.mark.parametrize("said", BAD)
def test_what_is_wrong_with_a_page_fails_the_test(said, browser, tiny, request):
    with pytest.raises(AssertionError, match=said):
        look(browser, tiny, request.node, BAD[said])


@pytest.mark.expects_errors("sad")
def test_an_expected_error_passes_and_another_one_does_not(browser, tiny, request):
    look(browser, tiny, request.node, "console.error('sad')")
    with pytest.raises(AssertionError, match="angry"):
        look(browser, tiny, request.node, "console.error('angry')")


@pytest.mark.expects_errors
def test_a_test_may_expect_anything(browser, tiny, request):
    look(browser, tiny, request.node, "missing()")


def test_an_app_that_ends_fails_with_its_log(tmp_path: Path):
    app = tmp_path / "app.py"
    app.write_text("print('no such preset'); raise SystemExit(1)")
    log, data = tmp_path / "log.txt", tmp_path / "data"
    with pytest.raises(pytest.fail.Exception, match="no such preset"), serving(log, data, app):
        pass
