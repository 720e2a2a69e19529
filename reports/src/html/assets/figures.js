// Plots, tables that sort, and what is said where the pointer is.

// An SVG element from the text of one that this page made of figures: known shapes and attributes only.
proctor.svg = text => {
  const tags = new Set(["svg", "g", "rect", "line", "circle", "polyline", "polygon", "text", "title"]);
  const names = /^(x|y|x1|y1|x2|y2|cx|cy|r|dx|dy|width|height|points|fill|stroke|stroke-width|opacity|transform|text-anchor|font-size|font-weight|viewBox|role|aria-label|class)$/;
  const words = text => text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&quot;/g, '"').replace(/&(apos|#x27);/g, "'").replace(/&amp;/g, "&");
  const open = [];
  let root;
  for (const [, closing, tag, attributes, single, content] of text.matchAll(/<(\/?)([a-z]+)((?:\s+[\w-]+="[^"]*")*)\s*(\/?)>|([^<]+)/gi)) {
    const parent = open.at(-1);
    if (content !== undefined) {
      if (parent && (parent.tagName === "text" || parent.tagName === "title")) parent.append(words(content.trim()));
      continue;
    }
    if (closing) {
      open.pop();
      continue;
    }
    if (!tags.has(tag)) return undefined;
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [, name, value] of attributes.matchAll(/([\w-]+)="([^"]*)"/g)) {
      if (names.test(name)) element.setAttribute(name, words(value));
    }
    if (parent) parent.append(element);
    root ??= element;
    if (!single) open.push(element);
  }
  return root;
};

proctor.tableOf = (head, rows) => {
  const { make } = proctor;
  const cell = (value, i) => i === 0 ? make("th", { scope: "row" }, proctor.visible(value)) : make("td", { class: "num" }, proctor.visible(value));
  const titles = head.map((title, i) => make("th", { scope: "col", class: i ? "num" : undefined }, title));
  const lines = rows.map(row => make("tr", {}, ...row.map(cell)));
  const table = make("table", { class: "figures small" }, make("thead", {}, make("tr", {}, ...titles)), make("tbody", {}, ...lines));
  return make("div", { class: "wide", tabindex: 0, role: "group", "aria-label": "table" }, table);
};

// Draws the plots whose places stand in the page.
proctor.plots = async () => {
  const { make } = proctor;
  const plots = await proctor.part("data-plots");
  for (const figure of document.querySelectorAll("figure[data-plots]")) {
    const numbers = figure.dataset.plots.split(" ").map(Number);
    const names = figure.dataset.names.split("\n");
    const drawing = make("div", { class: "drawing" });
    const behind = make("details", { class: "behind" }, make("summary", {}, "Table"));
    let shown;
    const show = place => {
      shown = plots[numbers[place]];
      drawing.replaceChildren(proctor.svg(shown.svg) ?? "");
      behind.querySelector(".wide")?.remove();
      if (behind.open) behind.append(proctor.tableOf(shown.head, shown.rows));
      proctor.pointable(drawing);
    };
    behind.addEventListener("toggle", () => {
      if (behind.open && !behind.querySelector(".wide")) behind.append(proctor.tableOf(shown.head, shown.rows));
    });
    if (numbers.length > 1) {
      const title = figure.querySelector("b").textContent;
      const select = make("select", { "aria-label": `${title}: model` }, ...names.map((name, i) => make("option", { value: i }, name)));
      select.addEventListener("change", () => show(Number(select.value)));
      figure.append(select);
    } else if (names[0]) {
      figure.append(make("p", { class: "quiet" }, names[0]));
    }
    figure.append(drawing, behind);
    show(0);
  }
};

// Fills what is folded when it is opened.
proctor.folds = () => {
  const { make } = proctor;
  for (const details of document.querySelectorAll("details[data-fold]")) {
    details.addEventListener("toggle", async () => {
      if (!details.open || details.dataset.filled) return;
      details.dataset.filled = "yes";
      const held = (await proctor.part("data-folds"))[Number(details.dataset.fold)];
      if (held.head) {
        const used = held.head.map((_, i) => held.rows.some(row => row[i]));
        const only = row => row.filter((_, i) => used[i]);
        const box = proctor.tableOf(only(held.head), held.rows.map(only));
        box.querySelectorAll("thead th").forEach((head, i) => { head.dataset.sort = ["score", "n"].includes(only(held.head)[i]) ? "down" : "text"; });
        details.append(box);
        proctor.sortable(box.querySelector("table"));
      } else {
        const plan = make("details", { class: "fold inner" }, make("summary", {}, "The plan"), make("pre", { dir: "auto", tabindex: 0 }, proctor.visible(held.plan)));
        details.append(proctor.factList(held.facts), plan);
      }
    });
  }
};

// Shows what a place of a drawing says: to the pointer, and to the arrow keys once the drawing has the focus.
proctor.pointable = root => {
  const tip = document.getElementById("tip");
  for (const svg of root.querySelectorAll("svg")) {
    const hits = [...svg.querySelectorAll(".hits rect")];
    if (!hits.length || svg.dataset.pointable) continue;
    svg.dataset.pointable = "yes";
    svg.setAttribute("tabindex", "0");
    const says = new Map(hits.map(hit => [hit, hit.querySelector("title")?.textContent ?? ""]));
    for (const hit of hits) hit.querySelector("title")?.remove();
    let at = -1;
    const show = (hit, x, y) => {
      for (const other of svg.querySelectorAll(".on")) other.classList.remove("on");
      if (!hit) {
        tip.hidden = true;
        return;
      }
      hit.classList.add("on");
      tip.textContent = says.get(hit);
      tip.hidden = false;
      const box = tip.getBoundingClientRect();
      tip.style.left = `${Math.max(4, Math.min(x + 14, innerWidth - box.width - 8))}px`;
      tip.style.top = `${y + 20 + box.height > innerHeight ? y - box.height - 12 : y + 18}px`;
    };
    svg.addEventListener("pointermove", event => show(says.has(event.target) ? event.target : undefined, event.clientX, event.clientY));
    svg.addEventListener("pointerleave", () => show());
    svg.addEventListener("blur", () => show());
    svg.addEventListener("keydown", event => {
      const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (event.key === "Escape") show();
      if (!by) return;
      event.preventDefault();
      at = (at + by + hits.length) % hits.length;
      const box = hits[at].getBoundingClientRect();
      show(hits[at], box.left + box.width / 2, box.top + box.height / 2);
    });
  }
};

// Lets the columns of a table sort its rows.
proctor.sortable = table => {
  const heads = [...table.tHead.rows[0].cells];
  const place = new Map([...table.tBodies[0].rows].map((row, i) => [row, i]));
  heads.forEach((head, column) => {
    const kind = head.dataset.sort;
    if (!kind) return;
    const button = proctor.make("button", { type: "button", class: "sort" });
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const now = head.getAttribute("aria-sort");
      const down = now ? now === "ascending" : kind === "down";
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const value = row => {
        const cell = row.cells[column];
        if (kind === "text") return cell.textContent.trim().toLowerCase();
        const number = parseFloat(cell.dataset.value ?? cell.textContent.replace(/[,$]/g, "").replace("−", "-"));
        return Number.isNaN(number) ? undefined : number;
      };
      const order = (a, b) => {
        const [x, y] = [value(a), value(b)];
        if (x === undefined || y === undefined) return (x === undefined) - (y === undefined) || place.get(a) - place.get(b);
        return (x < y ? -1 : x > y ? 1 : 0) * (down ? -1 : 1) || place.get(a) - place.get(b);
      };
      table.tBodies[0].append(...[...place.keys()].sort(order));
    });
  });
};
