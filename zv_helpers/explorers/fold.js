// The quiet line under an explorer that opens and closes what is folded away.

function render({ model, el }) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "zv-fold";
    el.append(button);

    function show() {
        button.textContent = model.get("words");
        button.setAttribute("aria-expanded", model.get("opened"));
    }

    button.addEventListener("click", () => {
        model.set("opened", !model.get("opened"));
        model.save_changes();
    });
    show();
    model.on("change", show);
    return () => model.off("change", show);
}

export default { render };
