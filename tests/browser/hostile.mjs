// A page whose every text is hostile: `node hostile.mjs PAGE SHOTS`.
import { mkdirSync, readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { checks, foreign, launch, open } from "./browser.mjs";

const [hostile, shots] = process.argv.slice(2);
mkdirSync(shots, { recursive: true });
const browser = await launch();
const check = checks();
const { page, faults, close } = await open(browser, pathToFileURL(hostile).href);
const payloads = JSON.parse(readFileSync(new URL("payloads.json", import.meta.url), "utf8"));
const open_ = page.locator("#explorer button.open");
await open_.first().click();
const reader = page.locator("#reader");
const seen = new Set();
for (let i = 0; i < 2 * payloads.length; i += 1) {
  await reader.locator(".message.answer pre").first().waitFor();
  if (i % 7 === 0) {
    await reader.getByLabel("Beside").selectOption({ index: 1 });
    await reader.locator(".sides.two .side .message").nth(1).waitFor();
  }
  await page.evaluate(() => { for (const details of document.querySelectorAll("#reader details")) details.open = true; });
  await page.waitForTimeout(30);
  seen.add(await reader.locator(".message.prompt pre").last().innerText());
  check.none(`markup of text ${i}`, await foreign(page));
  if (await reader.getByLabel("Next sample").isDisabled()) break;
  const before = page.url();
  await reader.getByLabel("Next sample").click();
  await page.waitForFunction(url => location.href !== url, before);
}
check.holds("every text is there to be read", seen.size > payloads.length - 8, seen.size);
const script = "</script><script>window.owned=1;alert(1)</script>";
check.holds("a text is shown as it is", seen.has(script));
await page.keyboard.press("Escape");
for (const select of await page.locator("select:visible").all()) {
  const options = await select.locator("option").count();
  for (let i = 0; i < Math.min(options, 12); i += 1) await select.selectOption({ index: i });
}
await page.evaluate(() => { for (const details of document.querySelectorAll("main details")) details.open = true; });
await page.evaluate(() => { for (const hit of document.querySelectorAll(".hits rect")) hit.dispatchEvent(new PointerEvent("pointermove", { bubbles: true })); });
check.none("markup of the page", await foreign(page));
check.none("faults of hostile texts", faults);
await page.screenshot({ path: `${shots}/hostile.png`, fullPage: true });
for (const hash of ["#sample=%zz/0/x", "#sample=x/0/<script>", "#sample=//", "#%00", "#javascript:alert(1)"]) await page.evaluate(to => { location.hash = to; }, hash);
check.none("faults of hostile addresses", faults);
await close();
await browser.close();
check.end();
