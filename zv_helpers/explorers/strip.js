// The strip of layers: a bar for each, the present one marked. Pointing tells which one it is, and a
// click goes there; with the keyboard, the slider over it does.

function render({ model, el }) {
    const strip = document.createElement("div");
    strip.className = "zv-strip";
    strip.setAttribute("role", "img");
    el.append(strip);

    // As the slider's handle stands: the first at the left end, the last at the right.
    const share = (place, count) => count > 1 ? place / (count - 1) : 0.5;

    function draw() {
        const heights = model.get("heights");
        strip.replaceChildren(...heights.map((height, place) => {
            const bar = document.createElement("i");
            bar.style.left = `${100 * share(place, heights.length)}%`;
            bar.style.height = `${100 * height}%`;
            bar.style.width = `min(12px, ${70 / heights.length}%)`;
            bar.classList.toggle("zv-here", place === model.get("place"));
            return bar;
        }));
        strip.setAttribute("aria-label", model.get("label"));
    }

    function placeAt({ clientX }) {
        const { left, width } = strip.getBoundingClientRect(), last = model.get("words").length - 1;
        const place = Math.round((clientX - left) / Math.max(width, 1) * last);
        return Math.min(Math.max(place, 0), last);
    }

    strip.addEventListener("pointermove", event => {
        strip.title = model.get("words")[placeAt(event)] ?? "";
    });
    strip.addEventListener("click", event => {
        const count = (model.get("clicked").count ?? 0) + 1;
        model.set("clicked", { place: placeAt(event), count });
        model.save_changes();
    });
    draw();
    model.on("change", draw);
    return () => model.off("change", draw);
}

export default { render };
