// What the live pages do beyond the report's: runs in progress, menus that submit, attempts fetched one at a time.
"use strict";

proctor.live = table => {
  const { make } = proctor;
  const rows = new Map([...table.tBodies[0].rows].map(row => [row.dataset.run, row]));
  const part = (row, name) => row.querySelector(`[data-part="${name}"]`);
  const say = (row, name, text) => {
    const place = part(row, name);
    if (place && place.textContent !== text) place.textContent = text;
  };
  const svg = (tag, attributes) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
    return element;
  };
  const bar = (row, segments) => {
    const place = part(row, "outcomes")?.querySelector("svg");
    if (!place) return;
    const parts = segments.map(s => {
      const rect = svg("rect", { class: `fill-${s.outcome}`, x: s.start, width: s.span, height: 8 });
      const title = svg("title", {});
      title.textContent = `${s.outcome}: ${s.n}`;
      rect.append(title);
      return rect;
    });
    place.setAttribute("aria-label", segments.map(s => `${s.outcome} ${s.n}`).join(", "));
    place.replaceChildren(svg("rect", { class: "none", width: 100, height: 8 }), ...parts);
  };
  const note = document.getElementById("live-note");
  const update = async () => {
    if (document.hidden) return;
    let runs;
    try {
      const answer = await fetch(table.dataset.live, { credentials: "same-origin" });
      if (!answer.ok) throw new Error(String(answer.status));
      runs = await answer.json();
    } catch {
      if (note) note.textContent = "The view has ended; start `proctor view` again.";
      return;
    }
    if (runs.some(run => !rows.has(run.id))) {
      location.reload();
      return;
    }
    for (const run of runs) {
      const row = rows.get(run.id);
      const waits = row.dataset.state !== "finished" || part(row, "score").textContent === "…";
      if (!waits) continue;
      if (run.finished && row.dataset.state !== "finished" && run.score !== "…") {
        location.reload();
        return;
      }
      say(row, "score", run.score);
      say(row, "counts", run.counts);
      say(row, "progress", run.progress);
      say(row, "percent", `${run.percent}%`);
      bar(row, run.segments);
    }
    if (note) {
      const going = runs.filter(run => !run.finished).length;
      note.replaceChildren(make("span", {}, `${runs.length} ${runs.length === 1 ? "run" : "runs"}, ${going} in progress; as of ${new Date().toLocaleTimeString()}.`));
    }
  };
  setInterval(update, 2000);
};

proctor.attempt = async element => {
  const addresses = [element.getAttribute("data-side-1"), element.getAttribute("data-side-2")].filter(Boolean);
  const side = async address => {
    const answer = await fetch(address, { credentials: "same-origin" });
    return answer.ok ? answer.json() : { head: { title: "", outcome: "ungraded", explanation: (await answer.text()).trim(), facts: [] } };
  };
  try {
    proctor.document(element, await Promise.all(addresses.map(side)));
  } catch {
    element.replaceChildren(proctor.make("p", { class: "notes plain" }, "The attempt could not be fetched; is the view still running?"));
  }
  element.dataset.ready = "yes";
};

proctor.narrow = input => {
  const table = document.getElementById(input.dataset.narrows);
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of table.tBodies[0].rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every(word => text.includes(word));
    }
  });
};

for (const link of document.querySelectorAll(".top nav a")) {
  if (new URL(link.href).pathname === location.pathname) link.setAttribute("aria-current", "page");
}
for (const control of document.querySelectorAll("[data-submits]")) {
  control.addEventListener("change", () => {
    // Menus that choose nothing stay out of the address.
    for (const other of control.form.elements) if (other.value === "" && other.name) other.disabled = true;
    control.form.requestSubmit();
  });
}
for (const input of document.querySelectorAll("[data-narrows]")) proctor.narrow(input);
const runs = document.querySelector("table[data-live]");
if (runs) proctor.live(runs);
const attempt = document.getElementById("attempt");
const shown = attempt ? proctor.attempt(attempt) : Promise.resolve();
shown.then(() => { document.documentElement.dataset.ready = "yes"; });
if (document.querySelector("[data-run-page][data-state='running']")) setTimeout(() => location.reload(), 5000);
