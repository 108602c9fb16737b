// The lines of code of an explorer, and what only the page can do: copy them, and hear Ctrl+Z.

const TYPED = "textarea, [contenteditable=true], input:not([type=checkbox]):not([type=radio])";

function render({ model, el }) {
    const lines = document.createElement("textarea");
    const said = document.createElement("div");
    const spoken = document.createElement("div");
    lines.readOnly = true;
    lines.spellcheck = false;
    lines.wrap = "off";
    lines.className = "zv-code";
    lines.setAttribute("aria-label", "The lines of code that make what is on show");
    lines.style.cssText = "display: block; width: 100%; box-sizing: border-box; padding: 6px; " +
        "font: 13px/1.4 var(--jp-code-font-family, monospace); color: inherit; " +
        "background: transparent; border: 1px solid var(--jp-border-color0, gray); resize: vertical";
    for (const one of [said, spoken]) one.setAttribute("aria-live", "polite");
    spoken.className = "zv-unseen";
    el.append(lines, said, spoken);

    function speak() {
        spoken.textContent = model.get("spoken");
    }

    function show() {
        lines.value = model.get("value");
        lines.rows = lines.value.split("\n").length + 1;  // room for a bar to scroll sideways
        lines.hidden = said.hidden = !lines.value;
        lines.style.display = lines.value ? "block" : "none";
        said.textContent = "";  // what was copied is not what is there now
        tell();
    }

    function tell() {  // ipywidgets does not say it of a button that stays pressed
        const button = el.closest(".zv-explorer")?.querySelector(".zv-tools .widget-toggle-button");
        button?.setAttribute("aria-expanded", Boolean(lines.value));
    }

    async function copy() {
        let copied = true;
        try {
            await navigator.clipboard.writeText(model.get("value"));
        } catch {  // the page may not, or not any more: the kernel took too long to answer
            lines.select();
            copied = document.execCommand("copy");
        }
        said.textContent = copied ? "Copied." : "The lines are selected: press Ctrl+C to copy them.";
    }

    function press(event) {
        const undoes = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey;
        if (!undoes || event.key.toLowerCase() !== "z" || event.target.closest?.(TYPED)) return;
        const explorer = el.closest(".zv-explorer");  // one may stand in another
        if (!explorer || event.target.closest?.(".zv-explorer") !== explorer) return;
        event.preventDefault();
        event.stopPropagation();
        model.set("undone", model.get("undone") + 1);
        model.save_changes();
    }

    show();
    const waiting = setTimeout(tell, 300);  // the page puts an explorer together from the inside out
    model.on("change:value", show);
    model.on("change:asked", copy);
    model.on("change:spoken", speak);
    window.addEventListener("keydown", press, true);  // before the notebook hears of it
    return () => {
        clearTimeout(waiting);
        window.removeEventListener("keydown", press, true);
        model.off("change:value", show);
        model.off("change:asked", copy);
        model.off("change:spoken", speak);
    };
}

export default { render };
