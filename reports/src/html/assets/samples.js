// The table of all attempts of all runs, its filters, and the reader that opens one.

proctor.explorer = (root, data) => {
  const { make } = proctor;
  // One number per attempt: its place in all runs.
  const starts = [];
  let total = 0;
  for (const run of data.runs) {
    starts.push(total);
    total += run.samples.length;
  }
  const runOf = new Uint32Array(total);
  data.runs.forEach((run, i) => runOf.fill(i, starts[i], starts[i] + run.samples.length));
  const where = new Map();
  data.chunks.forEach((chunk, number) => {
    let index = 0;
    for (let i = 0; i < chunk.rows.length; i += 2) {
      for (let k = 0; k < chunk.rows[i + 1]; k += 1) {
        where.set(starts[chunk.run] + chunk.rows[i] + k, [number, index]);
        index += 1;
      }
    }
  });
  const at = id => {
    const run = data.runs[runOf[id]];
    return { run, row: id - starts[runOf[id]], samples: data.benchmarks[run.benchmark] };
  };
  const rowOf = id => {
    const { run, row, samples } = at(id);
    const place = run.samples[row];
    return {
      run, sample: samples.ids[place], place, benchmark: samples.name, epoch: run.epochs[row],
      outcome: proctor.outcomes[proctor.outcomeAt(run, row)], category: data.categories[run.categories[row]],
      explanation: run.explanations[row], tokens: run.tokens[row], time: run.times[row], strata: samples.strata[place],
    };
  };
  const epochs = data.runs.some(run => run.epochs.some(epoch => epoch > 0));
  const several = data.runs.length > 1;
  const manyBenchmarks = data.benchmarks.length > 1;
  const manyModels = new Set(data.runs.map(run => run.model)).size > 1;

  const columns = [{ title: "sample", key: id => id, width: "16%" }];
  if (manyBenchmarks) columns.push({ title: "benchmark", key: id => rowOf(id).benchmark, width: "11%" });
  if (manyModels || several) columns.push({ title: "model", key: id => rowOf(id).run.model, width: "15%" });
  if (epochs) columns.push({ title: "epoch", key: id => rowOf(id).epoch, num: true, class: "num", width: "5rem" });
  columns.push(
    { title: "outcome", key: id => proctor.outcomeAt(at(id).run, at(id).row), width: "8rem" },
    { title: "why", key: id => rowOf(id).explanation, class: "why" },
    { title: "category", key: id => rowOf(id).category, width: "10%" },
    { title: "tokens", key: id => rowOf(id).tokens, num: true, class: "num", down: true, width: "5.5rem" },
    { title: "time", key: id => rowOf(id).time, num: true, class: "num", down: true, width: "6rem" },
  );
  const cells = id => {
    const row = rowOf(id);
    const list = [row.sample];
    if (manyBenchmarks) list.push(row.benchmark);
    if (manyModels || several) list.push(row.run.model);
    if (epochs) list.push(String(row.epoch));
    list.push(proctor.outcome(row.outcome), row.explanation, row.category, row.tokens < 0 ? "–" : proctor.count(row.tokens), row.time < 0 ? "–" : proctor.seconds(row.time / 1000));
    return list;
  };

  const select = (label, options, all) => {
    const element = make("select", { "aria-label": label }, make("option", { value: "" }, all));
    for (const [value, words] of options) element.append(make("option", { value }, proctor.visible(words)));
    return element;
  };
  const search = make("input", { type: "search", placeholder: "Filter by id, reason, category", "aria-label": "Filter samples" });
  const benchmark = select("Benchmark", data.benchmarks.map((b, i) => [i, b.name]), "All benchmarks");
  const models = [...new Set(data.runs.map(run => run.model))];
  const model = select("Model", models.map((name, i) => [i, name]), "All models");
  const used = new Set(data.benchmarks.flatMap(b => b.strata.flat()));
  const stratum = select("Subset", [...used].map(i => [i, data.strata[i]]).sort((a, b) => (a[1] < b[1] ? -1 : 1)), "All subsets");
  const counts = new Array(proctor.outcomes.length).fill(0);
  for (const run of data.runs) for (let row = 0; row < run.outcomes.length; row += 1) counts[proctor.outcomeAt(run, row)] += 1;
  const off = new Set();
  const chips = make("div", { class: "chips", role: "group", "aria-label": "Outcomes shown" });
  proctor.outcomes.forEach((word, i) => {
    if (!counts[i]) return;
    const chip = make("button", { type: "button", "aria-pressed": "true" }, make("span", { class: `swatch back-${word}` }), `${word} ${proctor.count(counts[i])}`);
    chip.addEventListener("click", () => {
      const on = off.has(i);
      if (on) off.delete(i);
      else off.add(i);
      chip.setAttribute("aria-pressed", String(on));
      filter();
    });
    chips.append(chip);
  });
  const left = total - where.size;
  const readable = make("button", { type: "button", "aria-pressed": "false" }, `only with texts ${proctor.count(where.size)}`);
  readable.addEventListener("click", () => {
    readable.setAttribute("aria-pressed", String(readable.getAttribute("aria-pressed") !== "true"));
    filter();
  });
  if (left > 0 && where.size > 0) chips.append(readable);
  const shown = make("p", { class: "shown", role: "status" });
  const empty = make("p", { class: "none-shown", hidden: true }, "No sample fits these filters.");
  const reader = proctor.reader(data, { rowOf, where, starts });
  const table = proctor.table({ label: "Samples", columns, cells, muted: id => !where.has(id), open: (id, place) => reader.open(id, table, place) });

  const filter = () => {
    const words = search.value.trim().toLowerCase();
    const wanted = { benchmark: benchmark.value, model: model.value && models[model.value], stratum: stratum.value && Number(stratum.value) };
    const order = [];
    const texts = readable.getAttribute("aria-pressed") === "true";
    data.runs.forEach((run, r) => {
      if (wanted.benchmark !== "" && run.benchmark !== Number(wanted.benchmark)) return;
      if (wanted.model && run.model !== wanted.model) return;
      const { ids, strata } = data.benchmarks[run.benchmark];
      for (let row = 0; row < run.samples.length; row += 1) {
        if (off.size && off.has(proctor.outcomeAt(run, row))) continue;
        const place = run.samples[row];
        if (wanted.stratum !== "" && !strata[place].includes(wanted.stratum)) continue;
        if (words && !ids[place].toLowerCase().includes(words) && !run.explanations[row].toLowerCase().includes(words)
          && !data.categories[run.categories[row]].toLowerCase().includes(words)) continue;
        if (texts && !where.has(starts[r] + row)) continue;
        order.push(starts[r] + row);
      }
    });
    shown.textContent = order.length === total ? `${proctor.count(total)} attempts` : `${proctor.count(order.length)} of ${proctor.count(total)} attempts`;
    empty.hidden = order.length > 0;
    table.element.hidden = order.length === 0;
    table.show(order);
  };
  let waiting;
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(filter, total > 20000 ? 150 : 0);
  });
  for (const element of [benchmark, model, stratum]) element.addEventListener("change", filter);
  const tools = make("div", { class: "tools" }, search, manyBenchmarks && benchmark, models.length > 1 && model, used.size > 1 && stratum);
  root.append(tools, chips, shown, table.element, empty);
  filter();
  return {
    reader,
    find(run, sample, epoch) {
      const r = data.runs.findIndex(other => other.id === run);
      if (r < 0) return undefined;
      const place = data.benchmarks[data.runs[r].benchmark].ids.indexOf(sample);
      const row = data.runs[r].samples.findIndex((p, i) => p === place && data.runs[r].epochs[i] === epoch);
      return row < 0 ? undefined : starts[r] + row;
    },
  };
};

proctor.address = (run, epoch, sample, other) => {
  const parts = [run, epoch, sample].map(part => encodeURIComponent(part)).join("/");
  return `#sample=${parts}${other ? `&with=${encodeURIComponent(other)}` : ""}`;
};

// Opens one attempt over the page, alone or beside another run's at the same sample.
proctor.reader = (data, { rowOf, where, starts }) => {
  const { make } = proctor;
  const dialog = document.getElementById("reader");
  const title = make("h2", { id: "reader-title" });
  const previous = make("button", { type: "button", "aria-label": "Previous sample" }, "← Previous");
  const next = make("button", { type: "button", "aria-label": "Next sample" }, "Next →");
  const beside = make("select", { "aria-label": "Beside" });
  const close = make("button", { type: "button" }, "Close");
  const body = make("div", { class: "reader-body", tabindex: 0 });
  dialog.append(make("div", { class: "reader-top" }, title, beside, previous, next, close), body);
  let current;
  let list;
  let turn = 0;
  const others = id => {
    const own = rowOf(id);
    const found = [];
    data.runs.forEach((run, r) => {
      if (run === own.run || run.benchmark !== own.run.benchmark) return;
      const row = run.samples.findIndex((place, i) => place === own.place && run.epochs[i] === own.epoch);
      const any = row < 0 ? run.samples.indexOf(own.place) : row;
      if (any >= 0) found.push([starts[r] + any, run]);
    });
    if (own.epoch > 0 || data.runs.some(run => run === own.run)) {
      own.run.samples.forEach((place, i) => {
        if (place === own.place && own.run.epochs[i] !== own.epoch && found.length < 200) found.push([starts[data.runs.indexOf(own.run)] + i, own.run]);
      });
    }
    return found;
  };
  const side = async id => {
    const row = rowOf(id);
    const facts = [];
    if (row.tokens >= 0) facts.push({ name: "tokens", value: proctor.count(row.tokens) });
    if (row.time >= 0) facts.push({ name: "time", value: proctor.seconds(row.time / 1000) });
    if (row.category) facts.push({ name: "category", value: row.category });
    const name = row.run.epochs.some(epoch => epoch > 0) ? `${row.run.model}, epoch ${row.epoch}` : row.run.model;
    const place = where.get(id);
    const missing = `The texts of this attempt are left out to keep the file small: proctor show ${row.run.id} --sample ${row.sample} --epoch ${row.epoch} prints them.`;
    return { head: { title: name, outcome: row.outcome, explanation: row.explanation, facts }, document: place && await proctor.documentOf(...place), missing };
  };
  const draw = async () => {
    const mine = turn += 1;
    const row = rowOf(current);
    const partner = beside.value === "" ? undefined : Number(beside.value);
    const sides = await Promise.all([current, partner].filter(id => id !== undefined).map(side));
    if (mine !== turn) return;
    title.replaceChildren(proctor.make("bdi", {}, proctor.visible(row.sample)), proctor.make("span", { class: "quiet" }, ` ${row.benchmark}`));
    proctor.document(body, sides);
    body.scrollTop = 0;
    const place = list?.order().indexOf(current) ?? -1;
    previous.disabled = place <= 0;
    next.disabled = place < 0 || place >= list.order().length - 1;
    history.replaceState(null, "", proctor.address(row.run.id, row.epoch, row.sample, partner === undefined ? undefined : rowOf(partner).run.id));
  };
  const fill = other => {
    const found = others(current);
    const words = (id, run) => run === rowOf(current).run ? `epoch ${rowOf(id).epoch}` : run.model;
    beside.replaceChildren(make("option", { value: "" }, "Beside: nothing"), ...found.map(([id, run]) => make("option", { value: id }, `Beside: ${words(id, run)} (${rowOf(id).outcome})`)));
    const chosen = found.find(([, run]) => run.id === other);
    beside.value = chosen ? chosen[0] : "";
    beside.hidden = found.length === 0;
  };
  const open = (id, table, place, other) => {
    const held = beside.value === "" ? undefined : rowOf(Number(beside.value)).run.id;
    current = id;
    list = table ?? list;
    fill(other ?? (dialog.open ? held : undefined));
    if (!dialog.open) dialog.showModal();
    close.focus();
    draw();
  };
  const step = by => {
    const place = list.order().indexOf(current) + by;
    const id = list.order()[place];
    if (id === undefined) return;
    list.move(place, false);
    open(id, list, place);
  };
  previous.addEventListener("click", () => step(-1));
  next.addEventListener("click", () => step(1));
  beside.addEventListener("change", draw);
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", event => { if (event.target === dialog) dialog.close(); });
  dialog.addEventListener("close", () => {
    history.replaceState(null, "", location.pathname + location.search);
    list?.move(list.active(), true);
  });
  dialog.addEventListener("keydown", event => {
    if (event.target.closest("select, input, pre") || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "ArrowLeft" && !previous.disabled) step(-1);
    if (event.key === "ArrowRight" && !next.disabled) step(1);
  });
  return { open };
};
