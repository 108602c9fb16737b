// The triangles in the sidebar have no name of their own: say whose pages they open.
for (const summary of document.querySelectorAll("nav summary")) {
  const page = summary.closest("li").querySelector("a").textContent.trim();
  summary.setAttribute("aria-label", `Pages under ${page}`);
}
