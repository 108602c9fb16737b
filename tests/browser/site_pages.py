"""A built site, read without a browser: what each page holds, and where its links lead.

Two libraries do this too, LinkChecker and pytest-check-links; both read the page again for each
link to one of its anchors, which takes them more than ten minutes here.
"""

import html.parser
import os
from urllib.parse import unquote, urlsplit


class Page(html.parser.HTMLParser):
    """The ids of a page; what it links to, and what it loads: lists of (tag, address)."""

    def __init__(self, path):
        super().__init__()
        self.ids, self.links, self.loads = {"", "top"}, [], []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.ids |= {found.get("id"), found.get("name")} - {None}
        if tag == "a" and found.get("href"):
            self.links.append((tag, found["href"]))
        address = found.get("src") or (found.get("href") if tag == "link" else None)
        if address and found.get("rel") not in ("search", "next", "prev", "index", "canonical"):
            self.loads.append((tag, address))


def from_elsewhere(page):
    """List what a page would load from another host."""
    return [one for one in page.loads if urlsplit(one[1]).netloc]


def broken(path, pages):
    """List what a page names that is not there: files, pictures and anchors. Addresses of others
    are looked at, not asked. pages: {path: Page} of the site."""
    lost = []
    for tag, address in pages[path].links + pages[path].loads:
        parts = urlsplit(address)
        if parts.scheme in ("http", "https"):
            there = "." in parts.netloc and " " not in address
        elif parts.scheme in ("data", "mailto"):
            there = True
        else:
            aim = path.parent / unquote(parts.path) if parts.path else path
            aim = type(path)(os.path.normpath(aim))
            there = aim.is_file()
            if there and parts.fragment and aim in pages:
                there = unquote(parts.fragment) in pages[aim].ids
        if not there:
            lost.append((tag, address))
    return lost
