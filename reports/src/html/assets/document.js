// One attempt, or two side by side: messages, reasoning, program, output, verdict.

proctor.pre = (held, options = {}) => {
  const { make } = proctor;
  const text = held.t;
  const shown = () => {
    if (text === "") return make("span", { class: "quiet" }, "(empty)");
    if (options.plain) return proctor.visible(text);
    return /^[ \t]*```/m.test(text) ? proctor.fenced(text) : proctor.program(text, proctor.languageOf(text));
  };
  const pre = make("pre", { dir: "auto", tabindex: 0 }, shown());
  const parts = [pre];
  if (held.n) parts.push(make("p", { class: "cut" }, `Cut: the whole text has ${proctor.count(held.n)} bytes.`));
  return parts;
};

proctor.copyButton = (text, label = "Copy") => {
  const button = proctor.make("button", { type: "button" }, label);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Without the clipboard, e.g. in a page opened from disk: through a selection.
      const area = proctor.make("textarea", { readonly: true, class: "unseen" });
      area.value = text;
      button.after(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = label; }, 1500);
  });
  return button;
};

proctor.message = (title, held, kind, options = {}) => {
  const { make } = proctor;
  const copy = held.n ? undefined : proctor.copyButton(held.t);
  const head = make("header", {}, make("b", {}, proctor.visible(title)), options.beside, copy);
  return make("div", { class: `message ${kind}` }, head, ...proctor.pre(held, options));
};

proctor.folded = (title, held, kind, options = {}) => {
  const { make } = proctor;
  const words = held.t.trim().split(/\s+/).length;
  const details = make("details", {}, make("summary", {}, proctor.visible(title), make("span", { class: "quiet" }, ` · ${proctor.count(words)} words`)));
  details.addEventListener("toggle", () => {
    if (details.open && details.children.length === 1) details.append(...proctor.pre(held, options));
  });
  return make("div", { class: `message ${kind}` }, details);
};

proctor.factList = facts => {
  const { make } = proctor;
  const line = fact => make("div", {}, make("dt", {}, proctor.visible(fact.name)), make("dd", {}, make("bdi", {}, proctor.visible(fact.value))));
  return make("dl", { class: "facts" }, ...facts.map(line));
};

// Lines of two texts side by side, the longest common sequence aligned.
proctor.difference = (left, right, titles) => {
  const { make } = proctor;
  const [a, b] = [left.split("\n").slice(0, 400), right.split("\n").slice(0, 400)];
  const table = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      table[i][j] = a[i] === b[j] ? table[i + 1][j + 1] + 1 : Math.max(table[i + 1][j], table[i][j + 1]);
    }
  }
  const grid = make("div", { class: "difference", tabindex: 0, role: "group", "aria-label": titles.join(" against ") }, ...titles.map(title => make("div", { class: "title" }, proctor.visible(title))));
  const line = (text, kind) => make("div", { class: kind }, text === undefined ? "" : proctor.visible(text));
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      grid.append(line(a[i], ""), line(b[j], ""));
      i += 1;
      j += 1;
    } else if (i < a.length && j < b.length && table[i + 1][j] === table[i][j + 1]) {
      grid.append(line(a[i], "removed"), line(b[j], "added"));
      i += 1;
      j += 1;
    } else if (j >= b.length || (i < a.length && table[i + 1][j] >= table[i][j + 1])) {
      grid.append(line(a[i], "removed"), line(undefined, ""));
      i += 1;
    } else {
      grid.append(line(undefined, ""), line(b[j], "added"));
      j += 1;
    }
  }
  return grid;
};

// Pairs of evidence that are an output and what was expected.
proctor.outputPairs = evidence => {
  const pairs = [];
  for (const wanted of evidence) {
    const match = /^(.*?)(expected(?: output)?|correct output|answer)$/i.exec(wanted.title);
    if (!match) continue;
    const path = match[1];
    const got = evidence.find(other => other !== wanted && other.title.startsWith(path) && /^(actual( output)?|got|output|stdout|wrong output)$/i.test(other.title.slice(path.length)));
    if (got && !got.text.n && !wanted.text.n) pairs.push([got, wanted]);
  }
  return pairs;
};

proctor.side = ({ head, document: found, missing }) => {
  const { make } = proctor;
  const side = make("div", { class: "side" });
  side.append(make("h3", {}, make("bdi", {}, proctor.visible(head.title)), proctor.outcome(head.outcome)));
  if (head.facts?.length) side.append(make("p", { class: "quiet" }, proctor.visible(head.facts.map(fact => `${fact.name} ${fact.value}`).join(" · "))));
  side.append(make("p", { class: "reason" }, proctor.visible(found?.explanation?.t ?? head.explanation ?? "")));
  if (!found) {
    if (missing) side.append(make("p", { class: "notes plain" }, missing));
    return side;
  }
  if (found.error) side.append(proctor.message("Why there is no answer", found.error, "error", { plain: true }));
  found.turns.forEach((turn, i) => {
    const number = found.turns.length > 1 ? ` ${i + 1}` : "";
    if (found.turns.length > 1) side.append(make("h3", {}, `Turn ${i + 1} of ${found.turns.length}`));
    for (const block of turn.prompt) {
      const title = block.title ? `Prompt${number}, ${block.title}` : `Prompt${number}, raw`;
      const bytes = new TextEncoder().encode(block.text.t).length;
      const beside = make("span", { class: "quiet" }, block.text.n ? "" : `${proctor.count(bytes)} bytes, exactly as sent`);
      side.append(proctor.message(title, block.text, "prompt", { plain: true, beside }));
    }
    if (turn.reasoning) side.append(proctor.folded(`Reasoning${number}`, turn.reasoning, "reasoning", { plain: true }));
    side.append(proctor.message(`Answer${number}`, turn.answer, "answer"));
    side.append(proctor.factList(turn.facts));
  });
  if (found.answer) side.append(proctor.message(found.turns.length ? "Answer that is graded" : "Answer, imported", found.answer, "answer"));
  if (found.extracted && found.extracted.t !== found.answer?.t) side.append(proctor.message("Extracted", found.extracted, "extracted"));
  const pairs = proctor.outputPairs(found.evidence);
  for (const [got, wanted] of pairs) {
    side.append(make("h4", {}, "Output against what was expected"), proctor.difference(got.text.t, wanted.text.t, [got.title, wanted.title]));
  }
  for (const block of found.evidence) {
    if (pairs.some(pair => pair.includes(block))) continue;
    side.append(block.text.t.length > 3000 ? proctor.folded(block.title, block.text, "evidence") : proctor.message(block.title, block.text, "evidence"));
  }
  if (found.facts.length) side.append(make("h4", {}, "Facts"), proctor.factList(found.facts));
  return side;
};

// Draws one or two sides: `{head: {title, outcome, explanation, facts}, document, missing}` each.
proctor.document = (element, sides) => {
  const grid = proctor.make("div", { class: sides.length > 1 ? "sides two" : "sides" }, ...sides.map(proctor.side));
  element.replaceChildren(grid);
};
