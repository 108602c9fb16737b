// The picture of an explorer. It also tells the kernel what page it is drawn for, and gives the
// controls round it what ipywidgets leaves out for those who use no mouse: names, and keys that stay
// in a control.

function keep(event) {
    // A letter that is typed to find an entry of a menu is none of the notebook's commands.
    const forPage = event.ctrlKey || event.metaKey || event.altKey || event.key === "Escape";
    if (!forPage && !(event.shiftKey && event.key === "Enter")) event.stopPropagation();
}

const used = new WeakMap();  // {explorer: the control that was used last}

function giveBack(event) {
    // A button that ends something goes away, and the focus would go with it.
    const { currentTarget: explorer, target } = event;
    if (target.closest(".zv-explorer") !== explorer) return;  // one may stand in another
    const ends = target.closest(".zv-cancel"), back = () => used.get(explorer)?.focus();
    if (event.type === "focusout") {  // it may go by itself, once what it ends is done
        const lost = () => !target.isConnected && document.activeElement === document.body;
        if (ends) setTimeout(() => lost() && back());
    } else if (ends && event.type === "click") back();
    else if (!ends && !["Tab", "Shift"].includes(event.key)) used.set(explorer, target);
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
    const uses = ["keydown", "click", "change", "focusout"];
    for (const use of uses) explorer.addEventListener(use, giveBack);
    explorer.addEventListener("focusin", tendAgain);
}

function isDark(element) {
    // JupyterLab says so; elsewhere the ground tells that is painted behind the explorer.
    const { jpThemeLight } = document.body.dataset;
    if (jpThemeLight) return jpThemeLight === "false";
    for (let one = element; one; one = one.parentElement) {
        const [red, green, blue, opaque = 1] =
            getComputedStyle(one).backgroundColor.match(/[\d.]+/g)?.map(Number) ?? [];
        if (opaque > 0.5) return 0.299 * red + 0.587 * green + 0.114 * blue < 128;
    }
    return false;
}

function tellPage(model, el) {  // returns a function that stops it
    const explorer = el.closest(".zv-explorer");
    const [narrow, pixels] = [model.get("narrow"), model.get("step")];
    const step = width => width < narrow ? Math.floor(width / pixels) : Infinity;
    let timer;

    function tell() {
        const width = Math.round(explorer.clientWidth), dark = isDark(explorer);
        if (!width) return;  // it is not laid out, or on another tab
        explorer.classList.toggle("zv-narrow", width < narrow);
        explorer.classList.toggle("zv-dark", dark);
        const { width: before = Infinity, dark: was = false } = model.get("page");
        if (was === dark && step(before) === step(width)) return;
        model.set("page", { width, dark });
        model.save_changes();
    }

    function soon() {
        clearTimeout(timer);
        timer = setTimeout(tell, 150);
    }

    const size = new ResizeObserver(soon), theme = new MutationObserver(soon);
    size.observe(explorer);
    theme.observe(document.body, { attributeFilter: ["data-jp-theme-light", "class", "style"] });
    const scheme = window.matchMedia("(prefers-color-scheme: dark)");
    scheme.addEventListener("change", soon);
    return () => {
        clearTimeout(timer);
        size.disconnect();
        theme.disconnect();
        scheme.removeEventListener("change", soon);
    };
}

function tendAgain(event) {
    tend(event.currentTarget);
}

function render({ model, el }, scrolled) {
    const image = document.createElement("img");
    image.className = model.get("kind");
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
    let stop;
    const begin = () => {
        tend(el);
        if (model.get("kind") === "zv-picture" && el.closest(".zv-explorer")) {
            stop ??= tellPage(model, el);
        }
    };
    const waiting = [0, 100, 300, 1000, 3000].map(wait => setTimeout(begin, wait));
    return () => {
        waiting.forEach(clearTimeout);
        stop?.();
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
