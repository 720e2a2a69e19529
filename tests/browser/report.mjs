// The report in a browser: `node report.mjs PAGE SHOTS`.
import { mkdirSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { access, checks, foreign, launch, open } from "./browser.mjs";

const [made, shots] = process.argv.slice(2);
mkdirSync(shots, { recursive: true });
const browser = await launch();
const check = checks();
const address = pathToFileURL(made).href;

{
  const { page, faults, close } = await open(browser, address);
  const text = selector => page.locator(selector).first().innerText();
  check.none("accessibility", await access(page));
  check.none("foreign markup", await foreign(page));

  // Sorting a table: by the button, there and back, told to a screen reader.
  const head = page.locator("table.matrix thead th").nth(1);
  await head.locator("button").click();
  const first = await head.getAttribute("aria-sort");
  const top = await text("table.matrix tbody tr td.cell .score");
  await head.locator("button").click();
  check.holds("sorting turns around", first !== await head.getAttribute("aria-sort") && top !== await text("table.matrix tbody tr td.cell .score"));

  // Filters of the samples.
  const shown = async () => Number((await text(".shown")).replace(/,/g, "").match(/\d+/)[0]);
  const all = await shown();
  await page.getByLabel("Filter samples").fill("tumlu/7");
  await page.waitForTimeout(300);
  const some = await shown();
  check.holds("the filter narrows", some > 0 && some < all, `${some} of ${all}`);
  await page.getByLabel("Filter samples").fill("no such sample");
  await page.waitForTimeout(300);
  check.holds("nothing found is said", await page.locator(".none-shown").isVisible());
  await page.getByLabel("Filter samples").fill("");
  await page.waitForTimeout(300);
  await page.locator(".chips button", { hasText: /^correct/ }).click();
  check.holds("an outcome can be left out", await shown() < all && !(await page.locator("#explorer tbody").innerText()).match(/^correct$/m));
  await page.locator(".chips button", { hasText: /^correct/ }).click();
  await page.getByLabel("Model", { exact: true }).selectOption({ index: 2 });
  check.holds("a model can be chosen", await shown() < all / 5);
  await page.getByLabel("Model", { exact: true }).selectOption({ index: 0 });
  const rows = await page.locator("#explorer tbody tr.row").count();
  check.holds("only rows in sight are in the page", rows < 80, rows);
  const column = page.locator("#explorer thead button", { hasText: "tokens" });
  await column.click();
  const order = (await page.locator("#explorer tbody tr.row td:nth-last-child(2)").allInnerTexts()).map(words => Number(words.replace(/,/g, "")));
  check.holds("tokens sort, the most first", order.every((tokens, i) => i === 0 || tokens <= order[i - 1]), order.slice(0, 5));
  await page.locator("#explorer thead button", { hasText: "sample" }).click();

  // The keyboard: down, open, beside another model, on, close, back to the row.
  await page.locator("#explorer button.open").first().focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("End");
  await page.keyboard.press("Home");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  const reader = page.locator("#reader");
  await reader.locator(".message.answer pre").first().waitFor();
  check.holds("a sample has an address", page.url().includes("#sample="));
  check.holds("the reader shows prompt, answer and verdict", (await reader.locator(".message.prompt").count()) > 0 && (await reader.locator(".k").count()) > 0);
  check.none("accessibility of the reader", await access(page));
  await reader.getByLabel("Beside").selectOption({ index: 1 });
  await reader.locator(".sides.two .side").nth(1).waitFor();
  const deep = page.url();
  await reader.locator("details summary").first().click();
  await page.screenshot({ path: `${shots}/reader.png` });
  await page.keyboard.press("Escape");
  check.holds("Escape closes the reader", !(await reader.isVisible()));
  check.holds("the focus returns to the row", await page.evaluate(() => document.activeElement.classList.contains("open")));

  // A question: is one better than the other, and how sure is that?
  await page.locator("#comparison").getByLabel("Benchmark", { exact: true }).selectOption({ label: "tumlu" });
  await page.locator("#comparison").getByLabel("Second model").selectOption({ index: 9 });
  check.holds("a comparison answers in a sentence", /is better than .* here by .* points: difference .* 95% interval/.test(await text("#comparison .sentence")), await text("#comparison .sentence"));
  await page.locator("#comparison").getByLabel("Subset", { exact: true }).selectOption({ label: "kazakh" });
  await page.locator("#comparison").getByLabel("Further subset").selectOption({ label: "and History" });
  check.holds("subsets narrow it", /questions/.test(await text("#comparison .verdict")));
  const figures = await page.evaluate(() => ({ equal: proctor.mcnemar(5, 5), ten: proctor.mcnemar(0, 10), z: proctor.normalTail(1.959963984540054), far: proctor.normalTail(5) }));
  check.holds("p-values", figures.equal === 1 && Math.abs(figures.ten - 2 / 1024) < 1e-12 && Math.abs(figures.z - 0.05) < 1e-9 && Math.abs(figures.far / 5.733031437583878e-7 - 1) < 1e-6, JSON.stringify(figures));

  // Plots: drawn, with a table behind, told by pointer and keyboard.
  const plots = await page.locator("figure.plot").count();
  check.holds("every plot is drawn", plots > 20 && plots === await page.locator("figure.plot svg").count(), plots);
  await page.locator("figure.plot svg").nth(1).focus();
  await page.keyboard.press("ArrowRight");
  check.holds("a plot tells its figures", (await text("#tip")).length > 5);
  await page.keyboard.press("Escape");
  await page.locator("figure.plot .behind summary").nth(1).click();
  check.holds("a plot has its table", (await page.locator("figure.plot .behind table td").count()) > 3);

  // Light and dark.
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await paper();
  await page.locator("button.theme").click();
  await page.locator("button.theme").click();
  check.holds("the theme changes", light !== await paper());
  check.none("accessibility in the dark", await access(page));
  check.none("faults", faults);
  await close();

  const again = await open(browser, deep);
  await again.page.locator("#reader .sides.two .side").nth(1).waitFor();
  check.none("faults of a deep link", again.faults);
  await again.close();
}

for (const [name, width, colorScheme] of [["wide", 1400, "light"], ["middle", 800, "light"], ["narrow", 400, "light"], ["dark", 1400, "dark"]]) {
  const { page, faults, close } = await open(browser, address, { viewport: { width, height: 900 }, colorScheme });
  const across = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  check.holds(`the page fits ${width} pixels`, across <= 0, `${across} too many`);
  await page.screenshot({ path: `${shots}/${name}.png`, fullPage: true });
  check.none(`faults at ${width} pixels`, faults);
  await close();
}

{
  const { page, close } = await open(browser, address, { colorScheme: "dark" });
  await page.pdf({ path: `${shots}/print.pdf`, format: "A4" });
  await page.emulateMedia({ media: "print" });
  check.holds("paper is white", (await page.evaluate(() => getComputedStyle(document.body).backgroundColor)) === "rgb(255, 255, 255)");
  await close();
}

await browser.close();
check.end();
