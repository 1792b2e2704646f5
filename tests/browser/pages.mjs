// Which pages there are: those of the navigation, so that a new one is tested from its first day,
// and one of each kind behind them, found by the links a person would follow.

// The pages every dashboard has; `charts` says that the fleet's data must show in a drawing.
const REQUIRED = [
  { name: "overview", path: "/", charts: true },
  { name: "findings", path: "/findings", charts: false },
  { name: "slos", path: "/slos", charts: false },
  { name: "alerts", path: "/alerts", charts: false },
  { name: "functions", path: "/functions", charts: true },
  { name: "delivery", path: "/dora", charts: false },
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

export const SLO_LINK = 'main th[scope="row"] a[href^="/slos/"]';

export const FINDING_LINK = 'main .found a.title[href^="/findings/"]';
export const ALERT_LINK = 'main .found a.title[href^="/alerts/"]';
// Open findings become alerts within so many looks at the inbox.
const INBOX_LOOKS_MAX = 40;

async function alertPages(report, visit) {
  const { page } = visit;
  let href = null;
  for (let look = 0; look < INBOX_LOOKS_MAX && !href; look += 1) {
    await visit.go("/alerts?state=all");
    const links = page.locator(ALERT_LINK);
    href = (await links.count()) > 0 ? await links.first().getAttribute("href") : null;
    if (!href) await page.waitForTimeout(500); // the inbox is asked again, as a person would
  }
  report.check("findings have become alerts", href !== null, href);
  const silence = "/alerts/silences/new?filter=%7Bsource%3D%22nephoscope%22%7D";
  return [
    ...(href ? [{ name: "alert", path: href, charts: false }] : []),
    { name: "alerts-all", path: "/alerts?state=all", charts: false },
    { name: "incidents", path: "/alerts/incidents", charts: false },
    { name: "alerts-silences", path: "/alerts/silences", charts: false },
    { name: "alerts-silence", path: silence, charts: false },
    { name: "alerts-deliveries", path: "/alerts/deliveries", charts: false },
    { name: "alerts-routes", path: "/alerts/routes?labels=severity%3Dhigh", charts: false },
    { name: "alerts-dry-run", path: "/alerts/dry-run", charts: false },
  ];
}

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
  await visit.go("/slos");
  const slos = await page.locator(SLO_LINK).evaluateAll((all) => all.map((link) => link.href));
  report.check("SLOs have pages", slos.length > 0, slos);
  for (const [i, name] of [...new Set(slos.map((href) => new URL(href).pathname))].entries()) {
    pages.push({ name: `slo-${i + 1}`, path: name, charts: true });
  }
  pages.push({ name: "slos-report", path: "/slos/report?by=week", charts: false });
  pages.push({ name: "slo-report", path: `${new URL(slos[0]).pathname}/report`, charts: false });
  pages.push({ name: "findings-held", path: "/findings?state=held", charts: false });
  pages.push(...(await alertPages(report, visit)));
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
