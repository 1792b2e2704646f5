// Which pages there are: those of the navigation, so that a new one is tested from its first day,
// and one of each kind behind them, found by the links a person would follow.

// The pages every dashboard has; `charts` says that the fleet's data must show in a drawing.
const REQUIRED = [
  { name: "overview", path: "/", charts: true },
  { name: "findings", path: "/findings", charts: false },
  { name: "incidents", path: "/alerts/incidents", charts: false },
  { name: "functions", path: "/functions", charts: true },
  { name: "traces", path: "/traces", charts: true },
  { name: "logs", path: "/logs", charts: true },
  { name: "series", path: "/series", charts: false },
  { name: "costs", path: "/costs", charts: true },
  { name: "ingest", path: "/ingest", charts: true },
  { name: "connect", path: "/connect", charts: false },
];

export const FUNCTION_LINK = 'main th[scope="row"] a[href^="/functions/"]';
export const TRACE_LINK = 'main a[href^="/traces/"]';
export const METRIC_LINK = 'main a[href^="/series?"][href*="metric="]';

export const COSTS_LINK = '#groups th[scope="row"] a[href^="/costs/"]';

export const INCIDENT_LINK = '#incidents th[scope="row"] a[href^="/alerts/incidents/"]';

const firstHref = (page, selector) => page.locator(selector).first().getAttribute("href");

export const FINDING_LINK = 'main .found a.title[href^="/findings/"]';
// So many findings are visited: the worst of each group come first in the list.
const FINDINGS_MAX = 6;

export async function findPages(report, visit, findingsMin) {
  const { page } = visit;
  await visit.go("/");
  const links = await page.locator('nav.pages a').evaluateAll((all) =>
    all.map((link) => new URL(link.href).pathname),
  );
  for (const { path } of REQUIRED) {
    report.check(`the navigation leads to ${path}`, links.includes(path), links);
  }
  const known = new Set(REQUIRED.map(({ path }) => path));
  const others = [...new Set(links)].filter((path) => !known.has(path));
  const pages = [
    ...REQUIRED,
    ...others.map((path) => ({ name: path.slice(1).replaceAll("/", "-"), path, charts: false })),
  ];
  await visit.go("/functions");
  pages.push({ name: "function", path: await firstHref(page, FUNCTION_LINK), charts: true });
  await visit.go("/traces");
  pages.push({ name: "trace", path: await firstHref(page, TRACE_LINK), charts: true });
  await visit.go("/series");
  pages.push({ name: "metric", path: await firstHref(page, METRIC_LINK), charts: true });
  await visit.go("/costs");
  pages.push({ name: "costs-function", path: await firstHref(page, COSTS_LINK), charts: true });
  pages.push({ name: "costs-region", path: "/costs?by=region", charts: true });
  pages.push({ name: "costs-what-if", path: "/costs?if=book%3Aseed-2025", charts: true });
  pages.push({ name: "advice", path: "/advice", charts: false });
  pages.push({ name: "findings-held", path: "/findings?state=held", charts: false });
  await visit.go("/findings");
  const found = await page.locator(FINDING_LINK).evaluateAll((all) => all.map((link) => link.href));
  report.check(`at least ${findingsMin} findings have pages`, found.length >= findingsMin, found);
  for (const [i, href] of found.slice(0, FINDINGS_MAX).entries()) {
    // Those that the test lays beside the fleet's data hold everything that can be drawn.
    const charts = /\/0{14}a\d$/.test(new URL(href).pathname);
    pages.push({ name: `finding-${i + 1}`, path: new URL(href).pathname, charts });
  }
  await visit.go("/alerts/incidents");
  const incident = page.locator(INCIDENT_LINK).first();
  if (await incident.count()) {
    pages.push({ name: "incident", path: await incident.getAttribute("href"), charts: false });
  }
  return pages;
}
