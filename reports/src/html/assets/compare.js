// Two models on the same questions: the difference with its interval, how it could be chance, and where they part.

// Two-sided exact p-value of McNemar's test for b and c discordant pairs (the binomial with 1/2).
proctor.mcnemar = (b, c) => {
  const n = b + c;
  if (n === 0) return 1;
  let term = -n * Math.LN2;
  let sum = 0;
  for (let k = 0; k <= Math.min(b, c); k += 1) {
    sum += Math.exp(term);
    term += Math.log((n - k) / (k + 1));
  }
  return Math.min(1, 2 * sum);
};

// Both tails of the normal distribution beyond z: the series of erf, then the continued fraction of erfc.
proctor.normalTail = z => {
  const x = Math.abs(z) / Math.SQRT2;
  if (x < 2) {
    let [term, sum] = [x, x];
    for (let n = 1; n < 80; n += 1) {
      term *= -x * x / n;
      sum += term / (2 * n + 1);
    }
    return Math.max(0, 1 - 2 / Math.sqrt(Math.PI) * sum);
  }
  let fraction = 0;
  for (let n = 60; n > 0; n -= 1) fraction = n / 2 / (x + fraction);
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + fraction);
};

// The mean of the differences, clustered by group (CR1): `pairs` are [group, difference, weight]; each group's values sum.
proctor.paired = pairs => {
  const groups = new Map();
  let [sum, n] = [0, 0];
  for (const [group, difference] of pairs) {
    const held = groups.get(group) ?? [0, 0];
    groups.set(group, [held[0] + difference, held[1] + 1]);
    sum += difference;
    n += 1;
  }
  const mean = sum / n;
  const count = groups.size;
  let square = 0;
  for (const [total, size] of groups.values()) square += (total - size * mean) ** 2;
  const error = count > 1 ? Math.sqrt(square * count / (count - 1)) / n : undefined;
  return { mean, n, groups: count, error };
};

proctor.comparison = (root, data, explorer) => {
  const { make } = proctor;
  const pick = (label, options) => make("select", { "aria-label": label }, ...options.map(([value, words]) => make("option", { value }, proctor.visible(words))));
  const usable = data.benchmarks.map((b, i) => [i, b.name]).filter(([i]) => data.runs.filter(run => run.benchmark === i).length > 1);
  if (!usable.length) {
    root.append(make("p", { class: "quiet" }, "No benchmark has two runs."));
    return;
  }
  const benchmark = pick("Benchmark", usable);
  const first = make("select", { "aria-label": "First model" });
  const second = make("select", { "aria-label": "Second model" });
  const slices = [make("select", { "aria-label": "Subset" }), make("select", { "aria-label": "Further subset" })];
  const result = make("div", { role: "status" });
  const swap = make("button", { type: "button" }, "⇄");
  swap.setAttribute("aria-label", "Swap the two");
  const runs = () => data.runs.map((run, i) => [i, run]).filter(([, run]) => run.benchmark === Number(benchmark.value));
  const name = run => runs().filter(([, other]) => other.model === run.model).length > 1 ? `${run.model} (${run.id})` : run.model;
  const fill = () => {
    const options = () => runs().map(([i, run]) => make("option", { value: i }, proctor.visible(name(run))));
    first.replaceChildren(...options());
    second.replaceChildren(...options());
    second.selectedIndex = 1;
    const samples = data.benchmarks[Number(benchmark.value)];
    const used = [...new Set(samples.strata.flat())].map(i => [i, data.strata[i]]).sort((a, b) => (a[1] < b[1] ? -1 : 1));
    slices.forEach((slice, i) => {
      slice.replaceChildren(make("option", { value: "" }, i ? "and any other subset" : "All subsets"), ...used.map(([value, words]) => make("option", { value }, proctor.visible(i ? `and ${words}` : words))));
      slice.hidden = used.length < 2;
    });
    draw();
  };
  // Sample by sample: attempts that count, and how many of them are correct.
  const tally = run => {
    const found = new Map();
    run.samples.forEach((place, row) => {
      const outcome = proctor.outcomeAt(run, row);
      if (outcome >= proctor.outcomes.indexOf("infra_error")) return;
      const held = found.get(place) ?? { n: 0, right: 0, row };
      found.set(place, { n: held.n + 1, right: held.right + (outcome === 0 ? 1 : 0), row: held.row });
    });
    return found;
  };
  const percent = (value, sign) => `${sign && value > 0 ? "+" : ""}${(100 * value).toFixed(1)}`.replace("-", "−");
  const draw = () => {
    const [a, b] = [data.runs[Number(first.value)], data.runs[Number(second.value)]];
    const samples = data.benchmarks[Number(benchmark.value)];
    const wanted = slices.map(slice => slice.value).filter(value => value !== "").map(Number);
    const [left, right] = [tally(a), tally(b)];
    const pairs = [];
    const flips = [[], []];
    const table = [0, 0, 0, 0];
    let [sumA, sumB, binary] = [0, 0, true];
    for (const [place, x] of left) {
      const y = right.get(place);
      if (!y || !wanted.every(slice => samples.strata[place].includes(slice))) continue;
      const [p, q] = [x.right / x.n, y.right / y.n];
      pairs.push([samples.groups[place], p - q]);
      sumA += p;
      sumB += q;
      if ((p !== 0 && p !== 1) || (q !== 0 && q !== 1)) binary = false;
      else table[(p ? 0 : 2) + (q ? 0 : 1)] += 1;
      if (p > q) flips[0].push(place);
      if (q > p) flips[1].push(place);
    }
    result.replaceChildren();
    if (a === b) {
      result.append(make("p", { class: "quiet" }, "Choose two different runs."));
      return;
    }
    if (!pairs.length) {
      result.append(make("p", { class: "quiet" }, "No question of this choice was answered and graded for both."));
      return;
    }
    const { mean, n, groups, error } = proctor.paired(pairs);
    const independent = binary && groups === n;
    const p = independent ? proctor.mcnemar(table[1], table[2]) : error ? proctor.normalTail(mean / error) : mean === 0 ? 1 : undefined;
    const interval = error === undefined || (error === 0 && mean === 0) ? undefined : [mean - 1.959964 * error, mean + 1.959964 * error];
    const names = [a, b].map(run => make("b", {}, make("bdi", {}, proctor.visible(name(run)))));
    const [high, low] = mean >= 0 ? names : [names[1], names[0]];
    const sentence = make("p", { class: "sentence" });
    if (p !== undefined && p < 0.05) sentence.append(high, " is better than ", low, ` here by ${percent(Math.abs(mean))} points`);
    else sentence.append(names[0], " and ", names[1], " cannot be told apart here");
    if (interval) sentence.append(`: difference ${percent(mean, true)} points, 95% interval ${percent(interval[0], true)} to ${percent(interval[1], true)}.`);
    else sentence.append(`: difference ${percent(mean, true)} points.`);
    const sure = p === undefined ? "" : p < 0.001 ? "p < 0.001" : `p = ${p.toFixed(3)}`;
    const how = independent ? "McNemar's exact test" : `normal, with a standard error clustered by ${proctor.count(groups)} groups`;
    const detectable = error ? `; a true difference of ${(100 * 2.8016 * error).toFixed(1)} points would be found four times in five` : "";
    const verdict = make("div", {}, sentence, make("p", { class: "quiet" }, `${sure}${sure ? `, two-sided (${how}), ` : ""}${proctor.count(n)} questions${detectable}. This looks at one pair; whoever looks at many finds some difference by chance: `, make("code", {}, "proctor compare"), " adjusts for that."));
    const share = value => `${(100 * value / n).toFixed(1)}%`;
    const line = (label, ...values) => make("tr", {}, make("th", { scope: "row" }, label), ...values.map(value => make("td", { class: "num" }, value)));
    const figures = make("table", {},
      make("thead", {}, make("tr", {}, make("td"), make("th", { scope: "col", class: "num" }, make("bdi", {}, proctor.visible(name(b))), " right"), make("th", { scope: "col", class: "num" }, "wrong"), make("th", { scope: "col", class: "num" }, "all"))),
      make("tbody", {},
        line("right", proctor.count(table[0]), proctor.count(table[1]), share(sumA)),
        line("wrong", proctor.count(table[2]), proctor.count(table[3]), ""),
        line("all", share(sumB), "", proctor.count(n))));
    figures.querySelectorAll("tbody th").forEach((head, i) => { if (i === 0) head.prepend(make("bdi", {}, proctor.visible(name(a))), " "); });
    const means = make("p", {}, make("bdi", {}, proctor.visible(name(a))), ` ${share(sumA)} right, `, make("bdi", {}, proctor.visible(name(b))), ` ${share(sumB)} right`);
    result.append(make("div", { class: "verdict" }, verdict, binary ? figures : means));
    const part = make("div", { class: "flips" });
    for (const [list, words] of [[flips[0], `only or more often right: ${name(a)}`], [flips[1], `only or more often right: ${name(b)}`]]) {
      if (!list.length) continue;
      const link = place => make("a", { href: proctor.address(a.id, a.epochs[left.get(place).row], samples.ids[place], b.id) }, proctor.visible(samples.ids[place]));
      const title = `${words} (${proctor.count(list.length)}${list.length > 200 ? ", the first 200 shown" : ""})`;
      part.append(make("details", { class: "fold" }, make("summary", {}, proctor.visible(title)), make("ul", {}, ...list.slice(0, 200).map(place => make("li", {}, link(place))))));
    }
    result.append(part);
  };
  swap.addEventListener("click", () => {
    [first.value, second.value] = [second.value, first.value];
    draw();
  });
  benchmark.addEventListener("change", fill);
  for (const element of [first, second, ...slices]) element.addEventListener("change", draw);
  root.append(make("div", { class: "tools" }, usable.length > 1 && benchmark, first, swap, second, ...slices), result);
  fill();
};
