// Starting the browser, and what is wrong with a page whatever it shows.
import { chromium } from "playwright-core";
import { existsSync } from "node:fs";

const places = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

export const launch = () => {
  const executablePath = places.find(place => place && existsSync(place));
  if (!executablePath) throw new Error("no Chromium: install Debian's package chromium, or name one in CHROMIUM");
  return chromium.launch({ executablePath, args: ["--no-sandbox"] });
};

// Opens a page and watches it: its errors, what it prints, dialogs, and requests to anywhere but `allowed`.
export const open = async (browser, address, { allowed, ...options } = {}) => {
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 }, ...options });
  const page = await context.newPage();
  // Generous: a loaded machine is slow, and nothing here is about speed.
  page.setDefaultTimeout(60000);
  const faults = [];
  page.on("pageerror", error => faults.push(`error: ${error.message}`));
  page.on("console", message => {
    if (["error", "warning"].includes(message.type())) faults.push(`${message.type()}: ${message.text()}`);
  });
  page.on("dialog", dialog => {
    faults.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on("popup", popup => faults.push(`popup: ${popup.url()}`));
  page.on("request", request => {
    const url = request.url();
    if (url !== address.split("#")[0] && !(allowed && url.startsWith(allowed)) && !url.startsWith("blob:")) faults.push(`request: ${url}`);
  });
  await page.goto(address);
  await page.waitForFunction(() => document.documentElement.dataset.ready === "yes", null, { timeout: 60000 });
  return { page, faults, close: () => context.close() };
};

// What must not be in any page: markup that a text brought along.
export const foreign = page => page.evaluate(() => {
  const found = [];
  const scripts = [...document.scripts].filter(script => script.type !== "text/plain").length;
  if (scripts > 4) found.push(`${scripts} scripts`);
  if (window.owned !== undefined || {}.owned !== undefined) found.push("a script of a text ran");
  for (const element of document.querySelectorAll("*")) {
    const tag = element.tagName.toLowerCase();
    if (["iframe", "object", "embed", "img", "video", "audio", "base", "form", "math", "marquee", "template", "portal", "use", "animate", "foreignobject"].includes(tag)) found.push(`<${tag}>`);
    for (const { name, value } of element.attributes) {
      if (/^on/i.test(name)) found.push(`<${tag} ${name}>`);
      if (/^(href|src|action|formaction|xlink:href)$/i.test(name) && !/^[#/?]/.test(value)) found.push(`<${tag} ${name}="${value}">`);
    }
  }
  if (document.getElementById("owned")) found.push("#owned");
  return found;
});

// A short list of what every page needs for a keyboard and a screen reader.
export const access = page => page.evaluate(() => {
  const found = [];
  const named = element => element.getAttribute("aria-label") || element.getAttribute("aria-labelledby") || element.textContent.trim() || element.title;
  const seen = element => element.offsetParent !== null || element.getClientRects().length > 0;
  if (!document.documentElement.lang) found.push("no language");
  if (!document.title) found.push("no title");
  for (const landmark of ["main", "header", "footer"]) if (document.querySelectorAll(landmark).length < 1) found.push(`no <${landmark}>`);
  if (document.querySelectorAll("h1").length !== 1) found.push("not one <h1>");
  if (!document.querySelector("a.skip")) found.push("no skip link");
  for (const button of document.querySelectorAll("button, a[href], summary")) if (seen(button) && !named(button)) found.push(`${button.tagName} without a name`);
  for (const field of document.querySelectorAll("input, select, textarea")) if (!field.getAttribute("aria-label") && !field.labels?.length) found.push(`${field.tagName} without a label`);
  for (const svg of document.querySelectorAll("svg")) if (!svg.getAttribute("aria-label") && svg.getAttribute("aria-hidden") !== "true") found.push("svg without a label");
  for (const head of document.querySelectorAll("thead th")) if (!head.getAttribute("scope")) found.push(`column "${head.textContent}" without scope`);
  const ids = new Set();
  for (const { id } of document.querySelectorAll("[id]")) {
    if (ids.has(id)) found.push(`id "${id}" twice`);
    ids.add(id);
  }
  // Contrast of words against the page (WCAG 2: 4.5 : 1).
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgb = colour => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return canvas.getImageData(0, 0, 1, 1).data;
  };
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4).reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const style = getComputedStyle(document.documentElement);
  const page = light(rgb(style.getPropertyValue("--page")));
  for (const name of ["--ink", "--quiet", "--accent", "--keyword", "--string", "--number", "--comment", "--name", "--grave-rule"]) {
    const ink = light(rgb(style.getPropertyValue(name)));
    const ratio = (Math.max(ink, page) + 0.05) / (Math.min(ink, page) + 0.05);
    if (ratio < 4.5) found.push(`${name} has a contrast of ${ratio.toFixed(2)}`);
  }
  return found;
});

// Collects what is wrong, and ends with it.
export const checks = () => {
  let wrong = 0;
  return {
    none(what, list) {
      if (!list.length) return;
      wrong += 1;
      console.error(`WRONG  ${what}: ${[...new Set(list)].slice(0, 8).join("; ")}`);
    },
    holds(what, fact, shown = "") {
      if (fact) return;
      wrong += 1;
      console.error(`WRONG  ${what} ${shown}`);
    },
    end() {
      console.log(wrong ? `${wrong} wrong` : "all as it should be");
      process.exitCode = wrong ? 1 : 0;
    },
  };
};
