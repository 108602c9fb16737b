"""What ipywidgets leaves out for those who use no mouse: names, and keys that stay in a control.

Its sliders and its picture have no name for a screen reader. And a letter that is typed to find an
entry of a menu also goes to the notebook, where "d d" deletes the cell.
"""

import anywidget

SCRIPT = """
function name(explorer) {
    for (const slider of explorer.querySelectorAll(".widget-slider")) {
        const words = slider.querySelector(".widget-label").textContent;
        slider.querySelector(".noUi-handle").setAttribute("aria-label", words);
    }
    for (const sheet of explorer.querySelectorAll("img.zv-thumbnails")) {
        sheet.alt = "Thumbnails of all photographs, which the menu beside them lists by name";
    }
    const said = explorer.querySelector("[role=status]:not(:has(progress))");
    if (said) {
        explorer.querySelector("img.zv-picture").alt = said.firstChild.textContent.trim();
        said.parentElement.setAttribute("aria-live", "polite");  // it stays, what it says changes
    }
}

function keep(event) {
    const forPage = event.ctrlKey || event.metaKey || event.altKey || event.key === "Escape";
    if (!forPage && !(event.shiftKey && event.key === "Enter")) {
        event.stopPropagation();
    }
}

function render({ el }) {
    let observer;
    function begin() {
        const explorer = el.closest(".zv-explorer");
        if (!explorer) {  // the page puts an explorer together from the inside out
            waiting = setTimeout(begin, 50);
            return;
        }
        name(explorer);
        explorer.addEventListener("keydown", keep);
        observer = new MutationObserver(() => name(explorer));
        observer.observe(explorer, {
            childList: true, characterData: true, subtree: true, attributeFilter: ["class"],
        });
    }
    let waiting = setTimeout(begin, 0);
    return () => {
        clearTimeout(waiting);
        observer?.disconnect();
    };
}

export default { render };
"""


class Names(anywidget.AnyWidget):
    """An invisible widget: the others round it get their labels and the line's text as names."""

    _esm = SCRIPT
