// Clicks through every page of a running dashboard that holds the fleet's data, in Chromium.
//
//   node tests/browser/run.mjs --base http://127.0.0.1:8080 --out DIR [--only NAME] [--findings N]
//
// NEPHOSCOPE_BASE serves as well as --base; NODE_PATH and NEPHOSCOPE_TEST_CHROMIUM come from
// tests/setup.sh. With --findings at least so many findings must have pages. Screenshots go to DIR. Exits 1 if anything failed; the last line is
// `N passed, N failed`.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { DESKTOP, PHONE, Visit, launch } from "./lib/browser.mjs";
import * as checks from "./lib/checks.mjs";
import { Report } from "./lib/report.mjs";
import { journeys } from "./journeys.mjs";
import { findPages } from "./pages.mjs";

const { values } = parseArgs({
  options: {
    base: { type: "string", default: process.env.NEPHOSCOPE_BASE },
    out: { type: "string" },
    only: { type: "string" },
    findings: { type: "string", default: "0" },
  },
});
if (!values.base || !values.out) {
  console.error("usage: run.mjs --base URL --out DIR [--only NAME]");
  process.exit(2);
}
const base = values.base.replace(/\/$/, "");
const wanted = (name) => !values.only || name.includes(values.only);
mkdirSync(values.out, { recursive: true });

const report = new Report();
const browser = await launch();
const visiting = async (options, work) => {
  const visit = await Visit.open(browser, base, options);
  try {
    await work(visit);
  } finally {
    await visit.close();
  }
};
const photograph = (visit, ...words) =>
  visit.page.screenshot({ path: join(values.out, `${words.join("-")}.png`), fullPage: true });

async function onDesktop({ name, path, charts }) {
  await visiting({ viewport: DESKTOP }, async (visit) => {
    await checks.loadsWithinBudget(report, visit, path);
    await checks.readsWell(report, visit, name);
    const drawn = await checks.drawnCharts(visit.page);
    report.check(`${name} draws a chart`, !charts || drawn > 0, `${drawn} charts with a mark`);
    await checks.fitsTheWidth(report, visit, `${name} at ${DESKTOP.width} px`);
    await checks.isAccessible(report, visit, `${name}, light,`);
    await photograph(visit, name, DESKTOP.width, "light");
    await visit.page.emulateMedia({ colorScheme: "dark" });
    await checks.isAccessible(report, visit, `${name}, dark,`);
    await photograph(visit, name, DESKTOP.width, "dark");
    checks.nothingComplained(report, visit, name);
  });
}

async function onPhone({ name, path }) {
  const options = { viewport: PHONE, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };
  await visiting(options, async (visit) => {
    await visit.go(path);
    await checks.fitsTheWidth(report, visit, `${name} at ${PHONE.width} px`);
    await checks.isAccessible(report, visit, `${name} at ${PHONE.width} px`);
    await photograph(visit, name, PHONE.width, "light");
    await visit.page.emulateMedia({ colorScheme: "dark" });
    await photograph(visit, name, PHONE.width, "dark");
    checks.nothingComplained(report, visit, `${name} at ${PHONE.width} px`);
  });
}

async function withoutScript({ name, path, charts }) {
  await visiting({ javaScriptEnabled: false }, async (visit) => {
    const title = `${name} without JavaScript`;
    const status = await visit.go(path);
    report.check(`${title} answers 200`, status === 200, `it answered ${status}`);
    await checks.readsWell(report, visit, title);
    const drawn = await checks.drawnCharts(visit.page);
    report.check(`${title} draws a chart`, !charts || drawn > 0, `${drawn} charts with a mark`);
    checks.nothingComplained(report, visit, title);
  });
}

try {
  let pages = [];
  await report.part("finding the pages", () =>
    visiting({}, async (visit) => {
      pages = await findPages(report, visit, Number(values.findings));
    }),
  );
  for (const page of pages.filter(({ name }) => wanted(name))) {
    await report.part(`${page.name} on a desktop`, () => onDesktop(page));
    await report.part(`${page.name} on a phone`, () => onPhone(page));
    await report.part(`${page.name} without JavaScript`, () => withoutScript(page));
  }
  for (const [name, options, journey] of journeys.filter(([name]) => wanted(name))) {
    await report.part(name, () =>
      visiting(options, async (visit) => {
        await journey(report, visit);
        checks.nothingComplained(report, visit, name);
      }),
    );
  }
} finally {
  await browser.close();
}
process.exit(report.close() ? 0 : 1);
