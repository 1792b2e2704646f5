// What a person does, click by click. Each journey starts on a page of its own.
import { drawnCharts } from "./lib/checks.mjs";
import { FUNCTION_LINK, METRIC_LINK, TRACE_LINK } from "./pages.mjs";

const WITHOUT_SCRIPT = { javaScriptEnabled: false };
const path = (page) => new URL(page.url()).pathname;
const query = (page) => new URL(page.url()).searchParams;

// Follows a link or a button and waits for the page behind it.
async function follow(page, locator) {
  await Promise.all([page.waitForEvent("framenavigated"), locator.click()]);
  await page.waitForLoadState("load");
}

async function fromOverviewToTheLogsOfATrace(report, { page, ...visit }, go) {
  await go("/");
  await follow(page, page.locator('nav a[href^="/functions"]').first());
  report.check("the navigation leads to the functions", path(page) === "/functions", page.url());
  const link = page.locator(FUNCTION_LINK).first();
  const name = (await link.innerText()).trim();
  await follow(page, link);
  const heading = await page.locator("h1").innerText();
  report.check("a function's name leads to its page", heading.includes(name), [heading, name]);
  report.check("its charts show data", (await drawnCharts(page)) >= 2, "fewer than two");
  await follow(page, page.locator(TRACE_LINK).first());
  report.check("an invocation leads to its trace", /^\/traces\/[0-9a-f]{32}$/.test(path(page)));
}

export const journeys = [];
