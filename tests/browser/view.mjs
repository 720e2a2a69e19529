// The live view in a browser: `node view.mjs PROCTOR SHOTS`. Its store is made of imported logs, one of them hostile.
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { access, checks, foreign, launch, open } from "./browser.mjs";

const [proctor, shots] = process.argv.slice(2);
mkdirSync(shots, { recursive: true });
const folder = mkdtempSync(join(tmpdir(), "view-"));
const check = checks();
const environment = { ...process.env, PROCTOR_STORE: join(folder, "proctor.db"), PROCTOR_CACHE: join(folder, "cache") };

const log = (name, rows) => {
  const path = join(folder, `samples_${name}.jsonl`);
  writeFileSync(path, rows.map(row => `${JSON.stringify(row)}\n`).join(""));
  return path;
};
const row = (id, question, answer, score) => ({
  doc_id: id, doc: { question }, target: "2", metrics: ["acc"], acc: score, filter: "none",
  arguments: { gen_args_0: { arg_0: question, arg_1: {} } }, resps: [[answer]], filtered_resps: [answer],
});
const imported = (path, model) => execFileSync(proctor, ["import", path, "-m", model, "--quiet"], { env: environment, stdio: ["ignore", "ignore", "inherit"] });

// A file of JSON cannot hold halves of characters.
const payloads = JSON.parse(readFileSync(new URL("payloads.json", import.meta.url))).map(payload => payload.toWellFormed());
const topics = ["the steppe", "a glacier", "the caravan", "an isotope"];
for (const [model, right] of [["alpha", 7], ["beta", 5]]) {
  const rows = Array.from({ length: 130 }, (_, i) => row(i, `What is ${topics[i % 4]} of number ${i}?`, `${model} says ${i}.\n\`\`\`python\ndef f(x):\n    return ${i}\n\`\`\``, (i * 7) % 10 < right ? 1 : 0));
  imported(log("plain", rows), model);
}
imported(log("hostile", payloads.map((payload, i) => row(i, payload, payload, i % 2))), payloads[0]);
imported(log(payloads.find(payload => payload.length < 60 && !payload.includes("/")) ?? "x", payloads.map((payload, i) => ({ ...row(i, payload, payload, 1), doc_id: payload }))), payloads[5]);

const server = spawn(proctor, ["view", "--no-open", "--port", "7411"], { env: environment, stdio: ["ignore", "pipe", "inherit"] });
const entrance = await new Promise((resolve, reject) => {
  createInterface({ input: server.stdout }).once("line", resolve);
  server.once("exit", code => reject(new Error(`the view ended with ${code}`)));
});
const base = entrance.split("?")[0];
const at = path => entrance.replace("/?", `${path}${path.includes("?") ? "&" : "?"}`);
const browser = await launch();
const look = (path, options = {}) => open(browser, at(path), { allowed: base, ...options });
const marks = async page => (await foreign(page)).filter(found => found !== "<form>");

// The index is filled in the background.
for (let waits = 0; waits < 120; waits += 1) {
  const { page, close } = await look("/samples?q=steppe");
  const head = await page.locator("header.top").innerText();
  const found = await page.locator("table.attempts tbody tr").count();
  await close();
  if (found > 0 && !/reading|search:/.test(head)) break;
  await new Promise(resolve => setTimeout(resolve, 500));
}

try {
  {
    const { page, faults, close } = await look("/");
    check.holds("every run is listed", await page.locator("#runs tbody tr").count() === 4, await page.locator("#runs tbody tr").count());
    check.none("accessibility of the list of runs", await access(page));
    await page.locator("#narrow").fill("alpha");
    check.holds("the list narrows", await page.locator("#runs tbody tr:visible").count() === 1);
    await page.locator("#narrow").fill("");
    const before = await page.locator("#runs tbody tr td.num .score").first().innerText();
    await page.locator("#runs thead button.sort", { hasText: "score" }).click();
    await page.locator("#runs thead button.sort", { hasText: "score" }).click();
    check.holds("runs sort by score", before !== await page.locator("#runs tbody tr td.num .score").first().innerText());
    const theme = page.locator("button.theme");
    await theme.click();
    await theme.click();
    check.holds("the theme can be dark", await page.evaluate(() => document.documentElement.dataset.theme) === "dark");
    await page.screenshot({ path: join(shots, "view-runs-dark.png") });
    await page.reload();
    check.holds("the theme is kept", await page.evaluate(() => document.documentElement.dataset.theme) === "dark");
    await page.waitForTimeout(2600);
    check.holds("the list is kept up to date", /as of/.test(await page.locator("#live-note").innerText()), await page.locator("#live-note").innerText());
    check.none("foreign markup in the list of runs", await marks(page));
    check.none("faults of the list of runs", faults);
    await close();
  }
  {
    const { page, faults, close } = await look("/samples");
    check.none("accessibility of samples", await access(page));
    await page.locator("select[name=model]").selectOption("imported/alpha");
    await page.waitForURL(/model=/);
    await page.locator(".chip", { hasText: /^incorrect$/ }).click();
    await page.waitForURL(/outcome=incorrect/);
    check.holds("filters tell how many are left", /39 attempts/.test(await page.locator("[role=status]").innerText()), await page.locator("[role=status]").innerText());
    await page.getByLabel("Search questions and answers").fill("glacier");
    await page.keyboard.press("Enter");
    await page.waitForURL(/q=glacier/);
    const why = await page.locator("table.attempts tbody tr").count();
    check.holds("search narrows further", why > 0 && why < 39, why);
    await page.locator("table.attempts a.open").first().click();
    await page.locator(".message.answer pre").waitFor();
    check.holds("the program is coloured", await page.locator(".message.answer pre span").count() > 0);
    await page.getByRole("link", { name: "side by side" }).first().click();
    await page.locator(".sides.two .message.answer").nth(1).waitFor();
    await page.screenshot({ path: join(shots, "view-side-by-side.png"), fullPage: true });
    await page.getByRole("link", { name: "Next", exact: true }).click();
    await page.locator(".sides.two").waitFor();
    check.none("foreign markup in a sample", await marks(page));
    check.none("faults of samples", faults);
    await close();
  }
  {
    // Is alpha better than beta? Leaderboard, run, compare: three clicks.
    const { page, faults, close } = await look("/");
    await page.getByRole("link", { name: "Leaderboard" }).click();
    await page.locator("table.matrix").waitFor();
    await page.screenshot({ path: join(shots, "view-leaderboard.png") });
    await page.locator("table.matrix tbody tr", { hasText: "imported/alpha" }).locator("td.cell a").first().click();
    await page.locator(".headline").waitFor();
    await page.screenshot({ path: join(shots, "view-run.png") });
    await page.getByRole("link", { name: /Compare this model/ }).click();
    await page.locator("td.says").first().waitFor();
    const says = await page.locator("tr", { hasText: "imported/beta" }).locator("td.says").innerText();
    check.holds("the question is answered in three clicks", /imported\/alpha is better than imported\/beta.*95/.test(says), says);
    await page.locator("tr", { hasText: "imported/beta" }).getByRole("link").first().click();
    await page.locator(".finding").waitFor();
    await page.screenshot({ path: join(shots, "view-compare.png") });
    check.none("accessibility of a comparison", await access(page));
    check.none("faults of a comparison", faults);
    await close();
  }
  for (const [width, name] of [[800, "800"], [400, "400"]]) {
    const { page, faults, close } = await look("/samples?q=steppe", { viewport: { width, height: 900 } });
    await page.screenshot({ path: join(shots, `view-samples-${name}.png`) });
    check.holds(`nothing sticks out at ${name} px`, await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth + 1));
    check.none(`faults at ${name} px`, faults);
    await close();
  }
  {
    // Every page that shows what a hostile model, data set or file name says.
    const answer = await fetch(`${base}api/runs`, { headers: { Cookie: `proctor_${new URL(base).port}=${entrance.split("token=")[1]}` } });
    const hostile = (await answer.json()).filter(run => !/alpha|beta/.test(run.model)).map(run => run.id);
    check.holds("hostile runs are there", hostile.length === 2, hostile);
    const pages = ["/", "/samples?category=%3Csvg%20onload%3Dalert(1)%3E", "/leaderboard", "/compare", ...hostile.map(id => `/run?id=${id}`), ...hostile.map(id => `/samples?run=${id}`)];
    for (const payload of payloads) {
      const text = encodeURIComponent(payload);
      pages.push(`/samples?q=${text}&subset=${text}`, `/compare?a=${text}&b=${text}`);
    }
    for (const id of hostile) for (let i = 0; i < payloads.length; i += 1) pages.push(`/sample?run=${id}&sample=${encodeURIComponent(id.includes("hostile") ? i : payloads[i])}`);
    // One context for all: what one page leaves behind must not help the next.
    const { page, faults, close } = await look("/");
    for (const path of pages) {
      const got = await page.goto(base + path.slice(1), { waitUntil: "load" });
      if (/html/.test(got.headers()["content-type"] ?? "")) {
        await page.waitForFunction(() => document.documentElement.dataset.ready === "yes");
        check.none(`foreign markup at ${path}`, await marks(page));
      } else {
        check.holds(`an error is plain text at ${path}`, /text\/plain/.test(got.headers()["content-type"]));
      }
    }
    check.none("faults of hostile pages", faults.filter(fault => !/status of 4\d\d/.test(fault)));
    await page.goto(`${base}sample?run=${hostile[0]}&sample=${encodeURIComponent(hostile[0].includes("hostile") ? 0 : payloads[0])}`);
    await page.screenshot({ path: join(shots, "view-hostile.png") });
    await close();
  }
} finally {
  await browser.close();
  server.kill("SIGINT");
  rmSync(folder, { recursive: true, force: true });
}
check.end();
