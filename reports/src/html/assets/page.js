// What a page does once it is there.

proctor.theme = () => {
  const button = document.querySelector("button.theme");
  if (!button) return;
  const themes = ["system", "light", "dark"];
  const kept = () => {
    try {
      return localStorage.getItem("proctor-theme");
    } catch {
      return null;
    }
  };
  const show = theme => {
    if (theme === "system") document.documentElement.removeAttribute("data-theme");
    else document.documentElement.setAttribute("data-theme", theme);
    button.textContent = `Theme: ${theme}`;
    button.dataset.now = theme;
  };
  show(themes.includes(kept()) ? kept() : "system");
  button.hidden = false;
  button.addEventListener("click", () => {
    const theme = themes[(themes.indexOf(button.dataset.now) + 1) % themes.length];
    try {
      localStorage.setItem("proctor-theme", theme);
    } catch {
      // Kept for as long as the page is open.
    }
    show(theme);
  });
};

// Tells in the navigation which part is read.
proctor.reading = () => {
  const links = new Map([...document.querySelectorAll(".top nav a[href^='#']")].map(link => [document.getElementById(link.getAttribute("href").slice(1)), link]));
  const mark = () => {
    let now;
    for (const part of links.keys()) if (part && part.getBoundingClientRect().top < innerHeight / 3) now = part;
    for (const [part, link] of links) part === now ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current");
  };
  addEventListener("scroll", mark, { passive: true });
  mark();
};

proctor.start = async () => {
  proctor.theme();
  proctor.reading();
  for (const table of document.querySelectorAll("table.sortable")) proctor.sortable(table);
  for (const drawing of document.querySelectorAll(".drawing")) proctor.pointable(drawing);
  proctor.folds();
  const explorer = document.getElementById("explorer");
  const comparison = document.getElementById("comparison");
  if (!document.getElementById("data-rows")) return;
  if (typeof DecompressionStream === "undefined") {
    (explorer ?? document.querySelector("main")).append("This browser cannot unpack the page's data (DecompressionStream); a newer one can.");
    return;
  }
  await proctor.plots();
  const data = await proctor.part("data-rows");
  const samples = explorer && proctor.explorer(explorer, data);
  if (comparison) proctor.comparison(comparison, data, samples);
  const follow = () => {
    const match = /^#sample=([^/]*)\/(\d+)\/([^&]*)(?:&with=(.*))?$/.exec(location.hash);
    if (!match || !samples) return;
    let parts;
    try {
      parts = match.slice(1).map(part => part === undefined ? undefined : decodeURIComponent(part));
    } catch {
      return;
    }
    const id = samples.find(parts[0], parts[2], Number(parts[1]));
    if (id !== undefined) samples.reader.open(id, undefined, undefined, parts[3]);
  };
  addEventListener("hashchange", follow);
  follow();
  document.documentElement.dataset.ready = "yes";
};

proctor.start();
