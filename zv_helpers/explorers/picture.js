// The picture of an explorer. It also gives the controls round it what ipywidgets leaves out for
// those who use no mouse: names, and keys that stay in a control.

function keep(event) {
    // A letter that is typed to find an entry of a menu is none of the notebook's commands.
    const forPage = event.ctrlKey || event.metaKey || event.altKey || event.key === "Escape";
    if (!forPage && !(event.shiftKey && event.key === "Enter")) event.stopPropagation();
}

function tend(inside) {  // as often as one likes: the second time changes nothing
    const explorer = inside.closest(".zv-explorer");
    if (!explorer) return;  // the page puts an explorer together from the inside out
    for (const slider of explorer.querySelectorAll(".widget-slider")) {
        const words = slider.querySelector(".widget-label").textContent;
        // The second is its name in ipywidgets 7.
        const handle = slider.querySelector(".noUi-handle, .ui-slider-handle");
        handle?.setAttribute("aria-label", words);
    }
    for (const sheet of explorer.querySelectorAll(".zv-thumbnails")) {
        const frame = sheet.closest(".widget-box");  // keys scroll it too, once it has the focus
        frame.tabIndex = 0;
        frame.setAttribute("role", "region");
        frame.setAttribute("aria-label", "Thumbnails");
    }
    // The lines' elements stay, what they say is replaced.
    for (const line of explorer.querySelectorAll(".zv-line, .zv-answer")) {
        line.setAttribute("aria-live", "polite");
    }
    explorer.addEventListener("keydown", keep);
    explorer.addEventListener("focusin", tendAgain);
}

function tendAgain(event) {
    tend(event.currentTarget);
}

function render({ model, el }, scrolled) {
    const image = document.createElement("img");
    image.className = model.get("kind");
    image.style.cssText = "display: block; max-width: 100%; height: auto";
    el.append(image);

    function draw() {
        const old = image.src;
        const file = new Blob([model.get("value")], { type: "image/jpeg" });
        image.src = URL.createObjectURL(file);
        if (old) URL.revokeObjectURL(old);
        tend(el);
    }

    function describe() {
        image.alt = model.get("alt");
    }

    function reveal() {
        if (model.get("reveal") === scrolled.count) return;
        scrolled.count = model.get("reveal");
        const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
        const how = { block: "nearest", behavior: still ? "auto" : "smooth" };
        // What stands above it may still grow; whoever scrolls meanwhile is left alone.
        const left = [0, 700, 2000].map(wait => setTimeout(() => el.scrollIntoView(how), wait));
        for (const moved of ["wheel", "pointerdown", "keydown"]) {
            window.addEventListener(moved, () => left.forEach(clearTimeout), { once: true });
        }
    }

    function send(name, value) {
        model.set(name, value);
        model.save_changes();
    }

    let over = false;
    image.addEventListener("pointerenter", () => { over = true; });
    image.addEventListener("pointerleave", () => { over = false; });
    image.addEventListener("click", ({ offsetX, offsetY }) => {
        const scale = image.naturalWidth / image.clientWidth;
        const count = (model.get("clicked").count ?? 0) + 1;
        send("clicked", { x: offsetX * scale, y: offsetY * scale, count });
    });

    function press(event) {
        const { key } = event;
        if (!over || !model.get("watched").includes(key)) return;
        event.preventDefault();
        event.stopPropagation();
        const pressed = model.get("pressed");
        send("pressed", { ...pressed, [key]: (pressed[key] ?? 0) + 1 });
    }

    describe();
    draw();
    image.addEventListener("load", () => setTimeout(reveal, 300), { once: true });
    model.on("change:value", draw);
    model.on("change:alt", describe);
    model.on("change:reveal", reveal);
    window.addEventListener("keydown", press, true);  // before the notebook hears of it
    const waiting = [0, 100, 300, 1000, 3000].map(wait => setTimeout(tend, wait, el));
    return () => {
        waiting.forEach(clearTimeout);
        window.removeEventListener("keydown", press, true);
        model.off("change:value", draw);
        model.off("change:alt", describe);
        model.off("change:reveal", reveal);
        URL.revokeObjectURL(image.src);
    };
}

export default () => {
    const scrolled = { count: 0 };  // for all views of one picture, so that none does it again
    return { render: view => render(view, scrolled) };
};
