"use strict";
for (const run of document.querySelectorAll(".run")) {
  const table = run.querySelector(".samples");
  if (!table) continue;
  const rows = [...table.tBodies];
  const tools = run.querySelector(".tools");
  const search = tools.querySelector("input");
  const chips = [...tools.querySelectorAll("button")];
  const shown = tools.querySelector("[data-shown]");
  const known = new Set(chips.map(chip => chip.dataset.outcome));
  const texts = rows.map(row => (row.rows[0].textContent + " " + row.querySelector("summary").textContent).toLowerCase());
  tools.hidden = false;

  const filter = () => {
    const wanted = search.value.trim().toLowerCase();
    const on = new Set(chips.filter(chip => chip.getAttribute("aria-pressed") === "true").map(chip => chip.dataset.outcome));
    let count = 0;
    rows.forEach((row, i) => {
      const outcome = row.dataset.outcome;
      const fits = (on.has(outcome) || !known.has(outcome)) && (!wanted || texts[i].includes(wanted));
      row.hidden = !fits;
      if (fits) count += 1;
    });
    shown.textContent = count === rows.length ? `${count} shown` : `${count} of ${rows.length} shown`;
  };
  search.addEventListener("input", filter);
  for (const chip of chips) {
    chip.addEventListener("click", () => {
      chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") !== "true"));
      filter();
    });
  }

  const heads = [...table.tHead.rows[0].cells];
  const sort = head => {
    const key = head.dataset.key;
    const down = head.getAttribute("aria-sort") === "ascending";
    const figures = key !== "outcome" && key !== "category";
    const value = row => figures ? Number(row.dataset[key]) : row.dataset[key];
    const order = (a, b) => {
      const [x, y] = [value(a), value(b)];
      const by = x < y ? -1 : x > y ? 1 : 0;
      return (down ? -by : by) || a.dataset.position - b.dataset.position;
    };
    for (const other of heads) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    table.append(...[...rows].sort(order));
  };
  for (const head of heads) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    button.addEventListener("click", () => sort(head));
    head.replaceChildren(button);
  }
  filter();
}

const open = () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const details = target && target.matches("tbody") && target.querySelector("details");
  if (details) details.open = true;
};
addEventListener("hashchange", open);
open();
