"""Link each word of docs/glossary.md where a notebook first uses it (a second run changes nothing).

Without arguments all notebooks and labs. A word counts in running text, lists and tables; not in
the title cell, in headings, code, links or what is collapsed.
"""

import argparse
import re
import sys

import nbformat
from which_notebooks import ROOT, ask_which

GLOSSARY = ROOT / "docs" / "glossary.md"
LINK = re.compile(r"\[([^\]]+)\]\([./]*docs/glossary\.md#[\w-]+\)")
# What holds no first use: collapsed answers, headings, code, links, HTML tags, and titles of works
# and names of buttons (in italics, with a capital).
PASSED_OVER = re.compile(
    r"<details>.*?</details>|^#+ .*?$|^```.*?^```|`[^`\n]*`|!?\[[^\]]*\]\([^)]*\)|<[^>]+>"
    r"|(?<!\*)\*[A-Z][^*\n]*\*",
    re.MULTILINE | re.DOTALL,
)


def words():
    """List the glossary's words, longest first: [(word, its anchor)]."""
    found = re.findall(r"^### (.+)$", GLOSSARY.read_text(encoding="utf-8"), re.MULTILINE)
    return [(word, word.lower().replace(" ", "-")) for word in sorted(found, key=len)[::-1]]


def pattern(word):
    """Make the pattern of a word, singular or plural, with a small letter or a capital."""
    stem = word.removesuffix("es")
    ending = r"(?:es)?" if stem.endswith(("ch", "s")) else r"s?"
    first = f"[{stem[0].upper()}{stem[0].lower()}]"
    return re.compile(rf"(?<![\w-]){first}{re.escape(stem[1:])}{ending}(?![\w-])")


def free(text):
    """Return the text with all that holds no first use blanked out, of the same length."""
    return PASSED_OVER.sub(lambda found: re.sub(r"[^\n]", "\0", found[0]), text)


def link(texts, prefix):
    """Link each word at its first use in the Markdown texts of a notebook, its title left out.

    prefix: the way from the notebook to the root of the repository. Returns the new texts.
    """
    texts = [LINK.sub(r"\1", text) for text in texts]
    for word, anchor in words():
        for i, text in enumerate(texts):
            found = pattern(word).search(free(text))
            if found:
                target = f"[{found[0]}]({prefix}docs/glossary.md#{anchor})"
                texts[i] = text[: found.start()] + target + text[found.end() :]
                break
    return texts


def refresh(path):
    """Link the words of one notebook, and say whether anything changed."""
    notebook = nbformat.read(path, as_version=4)
    prefix = "../" * len(path.resolve().relative_to(ROOT).parents[:-1])
    cells = [cell for cell in notebook.cells[1:] if cell.cell_type == "markdown"]
    before = [cell.source for cell in cells]
    after = link(before, prefix)
    if before == after:
        return False
    for cell, text in zip(cells, after, strict=True):
        cell.source = text
    path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8", newline="\n")
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask_which(parser)
    changed = [path.name for path in parser.parse_args().notebooks if refresh(path)]
    sys.stdout.write(f"{len(changed)} changed: {', '.join(changed) or 'none'}\n")


if __name__ == "__main__":
    main()
