// What must hold on every page, whatever it shows.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const MAX_REQUESTS = 6;
const MAX_BYTES = 60_000;
// A number or a word that only a slip of the program prints. Functions do log what JavaScript says
// of a missing property.
const SLIPS = /\b(NaN|Infinity)\b|(?<!properties of )\bundefined\b|\[object \w+\]|panicked at/;

export async function loadsWithinBudget(report, visit, path) {
  const status = await visit.go(path);
  const sizes = [...visit.requests.values()].map((r) => `${r.bytes} ${r.url}`);
  report.check(`${path} answers 200`, status === 200, `it answered ${status}`);
  const few = sizes.length <= MAX_REQUESTS;
  report.check(`${path} needs at most ${MAX_REQUESTS} requests`, few, sizes);
  report.check(`${path} transfers at most ${MAX_BYTES} bytes`, visit.bytes <= MAX_BYTES, sizes);
}

export function nothingComplained(report, visit, name) {
  const faults = visit.faults();
  const claim = `${name} loads without an error, a refusal or another origin`;
  report.check(claim, faults.length === 0, faults);
}

export async function readsWell(report, visit, name) {
  const { page } = visit;
  const text = await page.locator("body").innerText();
  const slip = text.match(SLIPS);
  const around = slip && text.slice(Math.max(0, slip.index - 80), slip.index + 80);
  report.check(`${name} shows no slip of the program`, !slip, around ?? "");
  const headings = await page.locator("h1").allInnerTexts();
  const one = headings.length === 1 && headings[0].trim() !== "";
  report.check(`${name} has one heading`, one, headings);
  const title = await page.title();
  report.check(`${name} has a title`, title.trim() !== "", title);
  const alerts = page.locator('[role="alert"], main .trouble');
  const shown = await alerts.filter({ visible: true }).allInnerTexts();
  report.check(`${name} shows no error`, shown.every((alert) => alert.trim() === ""), shown);
}

// A drawing counts when one of its marks has an extent that can be seen.
export async function drawnCharts(page) {
  return page.locator("main svg:not(.icon):not(.mark):not(.chart-y)").evaluateAll(
    (charts) =>
      charts.filter((chart) =>
        [...chart.querySelectorAll("path, rect, polyline, circle, a")].some((mark) => {
          const { width, height } = mark.getBoundingClientRect();
          return width > 0.5 && height > 0.5;
        }),
      ).length,
  );
}

export async function fitsTheWidth(report, visit, name) {
  const wide = await visit.page.evaluate(() => {
    const room = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= room) return null;
    const clips = (element) => /auto|scroll|hidden/.test(getComputedStyle(element).overflowX);
    const scrolls = (element) => element && (clips(element) || scrolls(element.parentElement));
    const culprits = [...document.body.querySelectorAll("*")]
      .filter((e) => e.getBoundingClientRect().left + e.scrollWidth > room + 1)
      .filter((e) => !scrolls(e) && !scrolls(e.parentElement))
      .map((e) => `${e.tagName.toLowerCase()}.${e.getAttribute("class") ?? ""}`);
    return [`${document.documentElement.scrollWidth} px in ${room}`, ...culprits.slice(0, 8)];
  });
  report.check(`${name} fits the width`, !wide, wide ?? "");
}

export async function isAccessible(report, visit, name) {
  const { page } = visit;
  // Evaluated by the debugger, so the page's own policy against inline scripts stays as it is.
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run(document, { resultTypes: ["violations"] }),
  );
  const grave = violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, help, nodes }) => {
      const where = nodes.slice(0, 3).map((node) => `${node.target} ${node.failureSummary}`);
      return `${id}: ${help} (${nodes.length} times)\n  ${where.join("\n  ")}`;
    });
  report.check(`${name} is accessible`, grave.length === 0, grave.join("\n"));
}
