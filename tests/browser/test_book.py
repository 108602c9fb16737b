"""The book as it is read: offline, from the disk, with search, and for everybody.

`make test-book` builds it first. In CI one page of each kind is asked for what is serious;
`ZV_ALL_PAGES=1` asks them all.
"""

import os
import re
from pathlib import Path

import pytest
from checks import serious_problems
from site_pages import Page, broken, from_elsewhere

pytestmark = pytest.mark.book

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "book" / "_build" / "html"
ALL = sorted(
    p.relative_to(SITE).as_posix() for p in SITE.rglob("*.html") if "_static" not in p.parts
)
PAGES = [page for page in ALL if not page.startswith("slides/")]
KINDS = [
    "index.html",
    "notebooks/03_extract_features.html",
    "notebooks/labs/a_network_that_cheats.html",
    "docs/faq/why_switches.html",
    "docs/teaching.html",
    "docs/networks.html",
    "library/index.html",
    "search.html",
]
DARK = ["index.html", "notebooks/03_extract_features.html", "docs/teaching.html"]


@pytest.fixture(scope="module")
def browser():
    from in_browser import chromium

    with chromium() as opened:
        yield opened


@pytest.fixture
def page(request, browser):
    """A page without a network, which notes what it asks others for; light, or as a test says.
    Colours change at once: half-way to the dark their contrast is less."""
    scheme = getattr(request, "param", "light")
    how = {"color_scheme": scheme, "reduced_motion": "reduce", "offline": True}
    context = browser.new_context(viewport={"width": 1280, "height": 720}, **how)
    opened = context.new_page()
    opened.asked = []
    opened.on("request", lambda one: opened.asked.append(one.url))
    yield opened
    assert [url for url in opened.asked if not url.startswith(("file:", "data:"))] == []
    context.close()


def test_the_book_is_whole():
    for folder, names in (("notebooks", "*.ipynb"), ("docs", "*.md")):
        committed = {p.relative_to(ROOT).with_suffix(".html") for p in (ROOT / folder).rglob(names)}
        assert {p for p in committed if ".ipynb_checkpoints" not in p.parts} <= set(
            map(Path, PAGES)
        )
    assert set(KINDS) <= set(PAGES)


EVERY = bool(os.environ.get("ZV_ALL_PAGES"))
SEEN = [("light", name) for name in (PAGES if EVERY else KINDS)]
SEEN += [("dark", name) for name in (PAGES if EVERY else DARK)]


@pytest.mark.parametrize("page, name", SEEN, indirect=["page"])
def test_nothing_serious_bars_a_reader(page, name):
    page.goto((SITE / name).as_uri())
    page.wait_for_load_state("load")
    assert serious_problems(page, "html") == []


def test_no_page_is_wider_than_a_phone(page):
    page.set_viewport_size({"width": 390, "height": 844})
    for name in KINDS:
        page.goto((SITE / name).as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, name


def test_every_saved_picture_is_shown_and_no_widget_as_text(page):
    for name in PAGES:
        if not name.startswith("notebooks/"):
            continue
        page.goto((SITE / name).as_uri())
        source = ROOT / Path(name).with_suffix(".ipynb")
        saved = source.read_text(encoding="utf-8").count('"image/jpeg": "')
        pictures = page.locator(".cell_output img")
        assert pictures.count() == saved > 0, name
        shown = pictures.evaluate_all(
            "all => Promise.all(all.map(async i => (await i.decode(), i.naturalWidth)))"
        )
        assert min(shown) > 50, name
        assert all(pictures.evaluate_all("all => all.map(i => i.alt.length > 9)")), name
        assert "VBox(children" not in page.inner_text("body")


def test_what_the_library_calls_a_type_is_one():
    rows = [
        (path.name, re.sub(r"<[^>]+>|\s+", " ", row))
        for path in (SITE / "library").glob("*.html")
        for row in re.findall(r'">Type<.*?</dd>', path.read_text(encoding="utf-8"), re.DOTALL)
    ]
    assert len(rows) > 50
    assert [row for row in rows if len(row[1].split()) > 12] == []


@pytest.fixture(scope="module")
def pages():
    return {SITE / name: Page(SITE / name) for name in ALL}


def test_every_link_picture_and_anchor_is_there(pages):
    lost = {path.name: broken(path, pages) for path in pages}
    assert {name: links for name, links in lost.items() if links} == {}
    assert sum(len(page.links) for page in pages.values()) > 5000


def test_a_lost_page_picture_and_anchor_are_noticed(tmp_path):
    (tmp_path / "there.html").write_text('<h1 id="a">A</h1>', encoding="utf-8")
    links = ("there.html", "there.html#a", "#b", "#c", "there.html#c", "lost.html", "http://x y")
    text = "".join(f'<a id="b" href="{link}">x</a>' for link in links)
    loads = '<img src="lost.png"><script src="https://cdn.example.org/x.js"></script>'
    (tmp_path / "page.html").write_text(text + loads, encoding="utf-8")
    page = tmp_path / "page.html"
    found = {path: Page(path) for path in (page, tmp_path / "there.html")}
    lost = [address for _, address in broken(page, found)]
    assert lost == ["#c", "there.html#c", "lost.html", "http://x y", "lost.png"]
    assert from_elsewhere(found[page]) == [("script", "https://cdn.example.org/x.js")]


def test_nothing_is_loaded_from_elsewhere(pages):
    for path, one in pages.items():
        assert from_elsewhere(one) == [] and len(one.loads) > 1, path.name
    for style in SITE.rglob("*.css"):
        text = style.read_text(encoding="utf-8", errors="replace")
        assert not re.search(r"""(?:url\(|@import)\s*["']?(?:https?:)?//""", text), style.name


def test_search_finds_the_switches(page):
    page.goto((SITE / "index.html").as_uri())
    page.locator("button[aria-label=Search]:visible").first.click()
    page.locator("input[name=q]:visible").fill("switches")
    page.keyboard.press("Enter")
    hit = page.locator("#search-results li a").first
    hit.wait_for()
    hit.click()
    page.wait_for_load_state("load")
    assert "search.html" not in page.url
    assert "switches" in page.inner_text("article").lower()


# --- the slides ----------------------------------------------------------------------------------

SLIDES = [page for page in ALL if page.startswith("slides/")]
# Of each slide: its place, how much higher and wider than the screen it is, the widest of what
# sticks out of a box in it, and the per cent to which the page has made it smaller.
MEASURED = """async () => {
    await document.fonts.ready;
    await Promise.all([...document.images].map(one => one.decode()));
    return Reveal.getSlides().map(slide => {
        const {h, v} = Reveal.getIndices(slide);
        Reveal.slide(h, v);
        const wide = one => one.scrollWidth - one.clientWidth;
        return [`${h}.${v}`, slide.scrollHeight - slide.clientHeight, wide(slide),
                Math.max(0, ...[...slide.querySelectorAll('pre, table')].map(wide)),
                Math.round(100 * slide.children[0].style.zoom)];
    });
}"""
FOLDS = """() => [...document.querySelectorAll('details')].map(one => [
    one.open, one.textContent.length - one.querySelector('summary').textContent.length])"""
# A font a tenth wider than any: letters of the slides are half as wide as they are high, or less.
WIDER = ".reveal * { letter-spacing: 0.05em; }"


def test_every_notebook_has_its_slides():
    stems = {path.stem for path in (ROOT / "notebooks").rglob("[!.]*.ipynb")}
    assert {Path(name).stem for name in SLIDES} == stems


@pytest.mark.parametrize("name", SLIDES)
def test_no_slide_is_larger_than_the_screen(browser, name):
    opened = browser.new_page(viewport={"width": 1280, "height": 720})
    opened.goto((SITE / name).as_uri())
    opened.wait_for_function("() => window.Reveal && Reveal.isReady()")
    assert opened.evaluate("Reveal.getTotalSlides()") > 10
    assert opened.evaluate("Reveal.getScale()") == 1
    slides = opened.evaluate(MEASURED)
    assert [one for one in slides if max(one[1:4]) > 1 or one[4] < 100] == []
    folds = opened.evaluate(FOLDS)
    assert folds and all(not opened and text > 10 for opened, text in folds)  # an answer is in each
    alts = opened.evaluate("[...document.images].map(one => one.alt)")
    assert all(alts) and not any("No description" in alt for alt in alts)  # nbconvert's own
    if EVERY or name == SLIDES[0]:
        assert serious_problems(opened, "html") == []
    opened.add_style_tag(content=WIDER)
    slides = opened.evaluate(MEASURED)
    assert [one for one in slides if max(one[1:3]) > 1 or one[4] < 80] == []
    opened.close()
