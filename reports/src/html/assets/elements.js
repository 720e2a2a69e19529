// Making elements. Text goes in as text; there is no way in here from a string to markup, and none to a script's address.

proctor.make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (/^on/i.test(name) || (/^(href|src|action)$/i.test(name) && !/^[#/?]/.test(value))) continue;
    element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter(child => child !== undefined && child !== null && child !== false));
  return element;
};

// Characters that a reader does not see, or that reorder what stands around them.
proctor.hidden = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ufffe\uffff]|[\u{e0000}-\u{e007f}]|[\ud800-\udfff]/gu;

// A text with such characters shown by their names.
proctor.visible = value => {
  const text = String(value).replace(/\r\n/g, "\n");
  const fragment = document.createDocumentFragment();
  let at = 0;
  for (const match of text.matchAll(proctor.hidden)) {
    const code = "U+" + match[0].codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
    const mark = proctor.make("span", { class: "hidden-mark", title: `the character ${code}` }, `⟨${code}⟩`);
    fragment.append(text.slice(at, match.index), mark);
    at = match.index + match[0].length;
  }
  fragment.append(text.slice(at));
  return fragment;
};

proctor.count = n => n.toLocaleString("en-US");
proctor.seconds = value => {
  if (!(value >= 0)) return "–";
  if (value < 9.995) return value.toFixed(2) + " s";
  if (value < 99.95) return value.toFixed(1) + " s";
  const whole = Math.round(value);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, "0")} min`;
};

proctor.outcomes = ["correct", "incorrect", "partial", "unparsed", "empty", "truncated", "refused", "filtered", "infra_error", "skipped", "ungraded"];
// The place in this list of the outcome of a run's attempt.
proctor.outcomeAt = (run, row) => run.outcomes.charCodeAt(row) - 97;

proctor.outcome = word => {
  const known = proctor.outcomes.includes(word) ? word : "ungraded";
  return proctor.make("span", { class: "word" }, proctor.make("span", { class: `swatch back-${known}` }), word);
};
