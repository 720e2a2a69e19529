// A table of any number of rows, of which only those in sight are in the page.

proctor.table = ({ label, columns, cells, open, muted, height = 33 }) => {
  const { make } = proctor;
  const state = { order: [], active: 0, sort: undefined, down: false };
  const heads = columns.map((column, i) => {
    const button = make("button", { type: "button", class: "sort" }, column.title);
    button.addEventListener("click", () => {
      const down = state.sort === i ? !state.down : !!column.down;
      api.sort(i, down);
    });
    const head = make("th", { scope: "col", class: column.num ? "num" : undefined }, column.key ? button : column.title);
    if (column.width) head.style.width = column.width;
    return head;
  });
  const body = make("tbody");
  const table = make("table", { "aria-label": label }, make("thead", {}, make("tr", { "aria-rowindex": 1 }, ...heads)), body);
  const box = make("div", { class: "rows", tabindex: -1 }, table);
  const space = pixels => {
    const cell = make("td", { colspan: columns.length });
    cell.style.height = `${pixels}px`;
    return make("tr", { class: "space", "aria-hidden": "true" }, cell);
  };
  let drawn = "";
  const draw = force => {
    const room = box.clientHeight || 600;
    const first = Math.max(0, Math.floor(box.scrollTop / height) - 8);
    const last = Math.min(state.order.length, first + Math.ceil(room / height) + 20);
    const key = `${first}-${last}`;
    if (!force && key === drawn) return;
    drawn = key;
    const focused = body.contains(document.activeElement);
    const rows = [];
    for (let at = first; at < last; at += 1) {
      const id = state.order[at];
      const contents = cells(id);
      const button = make("button", { type: "button", class: muted?.(id) ? "open muted" : "open", title: muted?.(id) ? "its texts are not in this page" : undefined, tabindex: at === state.active ? 0 : -1, "data-at": at }, proctor.visible(contents[0]));
      const line = contents.map((content, i) => make("td", { class: columns[i].class }, i === 0 ? button : content instanceof Node ? content : proctor.visible(content)));
      rows.push(make("tr", { class: "row", "aria-rowindex": at + 2, "data-at": at }, ...line));
    }
    // The new rows come, and take the focus, before the old ones go: else the box is empty for a moment and scrolls to its top.
    const old = [...body.children];
    body.append(space(first * height), ...rows, space((state.order.length - last) * height));
    if (focused) rows.find(row => Number(row.dataset.at) === state.active)?.querySelector("button").focus({ preventScroll: true });
    for (const row of old) row.remove();
  };
  box.addEventListener("scroll", () => draw(false), { passive: true });
  addEventListener("resize", () => draw(true));
  body.addEventListener("click", event => {
    const row = event.target.closest("tr.row");
    if (!row) return;
    state.active = Number(row.dataset.at);
    open(state.order[state.active], state.active);
  });
  body.addEventListener("keydown", event => {
    const page = Math.max(1, Math.floor(box.clientHeight / height) - 2);
    const to = { ArrowDown: state.active + 1, ArrowUp: state.active - 1, PageDown: state.active + page, PageUp: state.active - page, Home: 0, End: state.order.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    api.move(to, true);
  });
  const api = {
    element: box,
    order: () => state.order,
    active: () => state.active,
    move(to, focus) {
      state.active = Math.max(0, Math.min(to, state.order.length - 1));
      const top = state.active * height;
      const headHeight = table.tHead.offsetHeight;
      if (top < box.scrollTop) box.scrollTop = top;
      if (top + height + headHeight > box.scrollTop + box.clientHeight) box.scrollTop = top + height + headHeight - box.clientHeight;
      draw(true);
      if (focus) body.querySelector(`button[data-at="${state.active}"]`)?.focus({ preventScroll: true });
    },
    // Shows these rows, sorted as before.
    show(order) {
      state.order = order;
      state.active = 0;
      // No higher than its rows.
      box.style.height = order.length < 16 ? `${order.length * height + 44}px` : "";
      table.setAttribute("aria-rowcount", order.length + 1);
      if (state.sort !== undefined) api.sort(state.sort, state.down);
      else {
        box.scrollTop = 0;
        draw(true);
      }
    },
    sort(i, down) {
      Object.assign(state, { sort: i, down, active: 0 });
      heads.forEach((head, at) => at === i ? head.setAttribute("aria-sort", down ? "descending" : "ascending") : head.removeAttribute("aria-sort"));
      const { key } = columns[i];
      const sign = down ? -1 : 1;
      const keys = new Map(state.order.map(id => [id, key(id)]));
      state.order = Array.from(state.order).sort((a, b) => {
        const [x, y] = [keys.get(a), keys.get(b)];
        return (x < y ? -1 : x > y ? 1 : 0) * sign || a - b;
      });
      box.scrollTop = 0;
      draw(true);
    },
    draw: () => draw(true),
  };
  return api;
};
