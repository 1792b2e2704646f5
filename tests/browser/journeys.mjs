// What a person does, click by click. A journey is a name, the options of its visit, and its steps.
import { drawnCharts, readsWell } from "./lib/checks.mjs";
import { PHONE } from "./lib/browser.mjs";
import { COSTS_LINK, FINDING_LINK, FUNCTION_LINK, METRIC_LINK, TRACE_LINK } from "./pages.mjs";

const WITH_SCRIPT = {};
const WITHOUT_SCRIPT = { javaScriptEnabled: false };
const ON_A_PHONE = { viewport: PHONE, isMobile: true, hasTouch: true, javaScriptEnabled: false };
const TRACE_PATH = /^\/traces\/[0-9a-f]{32}$/;

const place = (page) => new URL(page.url());

// Follows a link or a button and waits for the page behind it.
async function follow(page, target) {
  await Promise.all([page.waitForEvent("framenavigated"), target.click()]);
  await page.waitForLoadState("load");
}

async function fromTheOverviewToTheLogsOfATrace(report, visit) {
  const { page } = visit;
  await visit.go("/");
  await follow(page, page.locator('nav.pages a[href^="/functions"]'));
  report.check("the navigation leads to the functions", place(page).pathname === "/functions");
  const link = page.locator(FUNCTION_LINK).first();
  const name = (await link.innerText()).trim();
  await follow(page, link);
  const title = await page.locator("h1").innerText();
  report.check("a function's name leads to its page", title.includes(name), `${name}: ${title}`);
  const drawn = await drawnCharts(page);
  report.check("at least three of its charts show data", drawn >= 3, `${drawn} do`);
  await follow(page, page.locator(`#invocations ${TRACE_LINK.replace("main ", "")}`).first());
  const arrived = TRACE_PATH.test(place(page).pathname);
  report.check("an invocation leads to its trace", arrived, page.url());
  await lookAtASpan(report, page);
  const logs = page.locator("#logs .log-row");
  if ((await logs.count()) > 0) {
    await logs.first().locator("summary").click();
    const detail = logs.first().locator(".log-detail");
    report.check("a log record of the trace unfolds", await detail.isVisible());
  }
  await follow(page, page.locator('#logs a[href^="/logs"]').first());
  report.check("a trace leads to its logs in the search", place(page).pathname === "/logs");
}

async function lookAtASpan(report, page) {
  const rows = page.locator(".waterfall .wf-row");
  const bars = await rows.locator("summary svg").evaluateAll(
    (all) =>
      all.filter((svg) => [...svg.children].some((mark) => mark.getBoundingClientRect().width > 0))
        .length,
  );
  const count = await rows.count();
  const all = count > 0 && bars === count;
  report.check("every span of the waterfall has a bar", all, `${bars} of ${count}`);
  await rows.first().locator("summary").click();
  const detail = rows.first().locator(".wf-detail");
  report.check("a span unfolds its details", await detail.isVisible());
  const said = await detail.innerText();
  report.check("the details name attributes", /cloud\.|faas\.|service\./.test(said), said);
}

async function timeRanges(report, visit) {
  const { page } = visit;
  await visit.go("/functions");
  const labels = await page.locator(".presets a").allTextContents();
  report.check("there are presets from minutes to weeks", labels.length >= 5, labels);
  for (const label of labels) {
    await page.locator("details.range summary").click();
    const preset = page.getByRole("link", { name: label, exact: true });
    report.check(`the preset ${label} is in sight`, await preset.isVisible());
    await follow(page, preset);
    const from = place(page).searchParams.get("from") ?? "";
    report.check(`the preset ${label} is kept in the address`, /^now-\d+[mhd]$/.test(from), from);
    await readsWell(report, visit, `the functions of ${label}`);
  }
  await page.locator("details.range summary").click();
  await page.getByLabel("From", { exact: true }).fill("now-90m");
  await page.getByLabel("To", { exact: true }).fill("now");
  await page.getByLabel("Zone", { exact: true }).fill("Europe/Berlin");
  await follow(page, page.getByRole("button", { name: "Show", exact: true }));
  const asked = Object.fromEntries(place(page).searchParams);
  const kept = asked.from === "now-90m" && asked.tz === "Europe/Berlin";
  report.check("a range of one's own is kept in the address", kept, asked);
  await follow(page, page.locator(FUNCTION_LINK).first());
  const carried = place(page).searchParams.get("from") === "now-90m";
  report.check("links carry the range along", carried, page.url());
}

async function searchLogs(report, visit) {
  const { page } = visit;
  await visit.go("/logs");
  const lines = await page.locator(".log-row .body").allInnerTexts();
  report.check("there are log records", lines.length > 0);
  const words = lines.join(" ").match(/\b[A-Za-z]{5,}\b/g) ?? [];
  const word = words.sort((a, b) => b.length - a.length)[0];
  await page.locator("input[name=q]").fill(word);
  await follow(page, page.getByRole("button", { name: "Search", exact: true }));
  const found = await page.locator(".log-row pre").allTextContents();
  const match = found.filter((text) => text.toLowerCase().includes(word.toLowerCase()));
  report.check("a word finds records", found.length > 0, word);
  report.check("every record found has the word", match.length === found.length, { word, found });
  await visit.go("/logs?severity=error");
  const severities = await page.locator(".log-row .sev").allInnerTexts();
  const wrong = severities.filter((severity) => !/^(error|fatal)/i.test(severity.trim()));
  report.check("errors alone can be asked for", severities.length > 0 && !wrong.length, severities);
  await visit.go("/logs?q=thiswordisnowhere");
  const said = await page.locator("main").innerText();
  report.check("a search without result says what to do", /Nothing matches/.test(said), said);
}

async function filterFunctions(report, visit) {
  const { page } = visit;
  await visit.go("/functions");
  const names = await page.locator(FUNCTION_LINK).allInnerTexts();
  await page.locator("input[name=q]").fill(names.at(-1));
  await follow(page, page.getByRole("button", { name: "Filter", exact: true }));
  const left = await page.locator(FUNCTION_LINK).allInnerTexts();
  const fits = left.length > 0 && left.every((name) => name.includes(names.at(-1)));
  report.check("functions are filtered by name", fits, { asked: names.at(-1), left });
  await visit.go("/functions");
  for (const label of await page.locator("thead th a").allInnerTexts()) {
    const column = page.locator("thead").getByRole("link", { name: label.trim(), exact: true });
    await follow(page, column);
    const sorted = await page.locator("th[aria-sort]").innerText();
    report.check(`functions are sorted by ${label}`, sorted.includes(label), sorted);
  }
}

async function findASlowTrace(report, visit) {
  const { page } = visit;
  await visit.go("/traces");
  await page.getByLabel("Errors only").check();
  await follow(page, page.getByRole("button", { name: "Search", exact: true }));
  const rows = await page.locator("main tbody tr").count();
  const failed = await page.locator("main tbody tr .figure.bad").count();
  const only = rows > 0 && failed === rows;
  report.check("traces with errors can be asked for", only, `${failed} of ${rows}`);
  await follow(page, page.locator(TRACE_LINK).first());
  report.check("a failed trace opens", TRACE_PATH.test(place(page).pathname), page.url());
  const marks = await page.locator(".waterfall .mark.bad").count();
  report.check("its failed span is marked", marks > 0);
}

async function lookAtAMetric(report, visit) {
  const { page } = visit;
  await visit.go("/series");
  await follow(page, page.locator(METRIC_LINK).first());
  report.check("a metric is drawn", (await drawnCharts(page)) > 0, page.url());
}

async function lookAtTheIngest(report, visit) {
  const { page } = visit;
  await visit.go("/ingest");
  const said = await page.locator(".sentence").innerText();
  report.check("ingest says what was refused", /refused/.test(said), said);
  for (const link of await page.locator(".sentence a").all()) {
    const href = await link.getAttribute("href");
    if (!href.startsWith("#")) continue;
    const proofs = await page.locator(href).count();
    report.check(`the proof ${href} of the sentence is there`, proofs === 1, said);
  }
  const rows = await page.locator("#waiting tbody tr").count();
  report.check("every signal has a row", rows === 3, `${rows}`);
}

async function connect(report, visit) {
  const { page } = visit;
  await visit.go("/connect");
  const ticks = await page.locator("details.connect.done").count();
  report.check("platforms that sent have their tick", ticks > 0);
  const cards = page.locator("details.connect");
  for (let index = 0; index < (await cards.count()); index += 1) {
    const card = cards.nth(index);
    const name = await card.locator("summary b").innerText();
    if (!(await card.evaluate((element) => element.open))) await card.locator("summary").click();
    const code = await card.locator("pre").allInnerTexts();
    const told = code.some((text) => text.trim() !== "");
    report.check(`connecting ${name} shows what to set`, told && (await card.isVisible()), code);
    const address = code.some((text) => text.includes("://"));
    report.check(`the snippets for ${name} hold an address`, address, code);
  }
}

// The background tells the theme; the choice must outlive the page.
async function changeTheme(report, visit) {
  const { page } = visit;
  const background = () =>
    page.evaluate(() => getComputedStyle(document.body).backgroundColor + document.body.className);
  await visit.go("/functions");
  const seen = {};
  for (const theme of ["Light", "Dark", "Auto"]) {
    await follow(page, page.getByRole("button", { name: theme, exact: true }));
    report.check(`choosing ${theme} stays on the page`, place(page).pathname === "/functions");
    await visit.go("/logs");
    seen[theme] = await background();
    await visit.go("/functions");
  }
  report.check("light and dark differ", seen.Light !== seen.Dark, seen);
  report.check("auto follows the system, which is light here", seen.Auto === seen.Light, seen);
}

async function askForTheProofOfACost(report, visit) {
  const { page } = visit;
  await visit.go("/costs");
  const said = await page.locator(".sentence").innerText();
  report.check("costs open with an amount", /so far: \$\d/.test(said), said);
  for (const link of await page.locator('.sentence a[href^="#"]').all()) {
    const href = await link.getAttribute("href");
    const proofs = await page.locator(href).count();
    report.check(`the proof ${href} of the sentence is there`, proofs === 1, said);
  }
  const line = page.locator(".bill-row").first();
  await line.locator("summary").click();
  const proof = await line.locator(".bill-detail").innerText();
  const whole = /Book/.test(proof) && /Entry/.test(proof) && /Source/.test(proof);
  report.check("a line of the bill unfolds its arithmetic and source", whole, proof);
  await page.locator("#groups td a").first().click();
  await page.waitForLoadState("load");
  const part = await page.locator("#bill h2").innerText();
  report.check("the figure of a row leads to its own lines", /charged for/.test(part), part);
  await visit.go("/costs");
  await page.locator("select[name=by]").selectOption("region");
  await page.locator("select[name=if]").selectOption("no-free-tier");
  await follow(page, page.getByRole("button", { name: "Show", exact: true }));
  const heading = await page.locator("#groups h2").innerText();
  report.check("costs are told apart by region", /region/i.test(heading), heading);
  const whatIf = await page.locator("#what-if").innerText();
  report.check("other terms are told beside the bill", /instead of \$/.test(whatIf), whatIf);
  for (const label of await page.locator("#groups thead th a").allInnerTexts()) {
    const column = page.locator("#groups thead").getByRole("link", { name: label.trim(), exact: true });
    await follow(page, column);
    const sorted = await page.locator("#groups th[aria-sort]").innerText();
    report.check(`costs are sorted by ${label}`, sorted.includes(label), sorted);
  }
}

async function followACostToItsAdvice(report, visit) {
  const { page } = visit;
  await visit.go("/costs");
  await follow(page, page.locator(COSTS_LINK).first());
  const title = await page.locator("#elsewhere h2").innerText();
  report.check("a function's costs are compared with other places", /elsewhere/.test(title), title);
  const formula = await page.locator("#carbon").innerText();
  report.check("carbon shows its formula and source", /kWh/.test(formula), formula);
  const reasons = page.locator("#advice details").last();
  await reasons.locator("summary").click();
  const told = await reasons.innerText();
  report.check("advice says why there is none", /costs\.functions/.test(told), told);
  await visit.go("/advice");
  const said = await page.locator(".sentence").innerText();
  report.check("advice opens with a sentence", said.trim().length > 20, said);
  const focus = await page.request.get(`${visit.base}/costs/focus.csv`);
  const [head, ...lines] = (await focus.text()).trim().split("\r\n");
  const columns = head.split(",");
  const needed = ["BilledCost", "ChargePeriodStart", "ServiceCategory", "PricingQuantity"];
  const has = needed.every((name) => columns.includes(name));
  report.check("the FOCUS export has its columns and rows", has && lines.length > 3, head);
}

async function exportTables(report, visit) {
  const { page } = visit;
  for (const path of ["/", "/functions", "/traces", "/logs", "/series", "/costs", "/ingest"]) {
    await visit.go(path);
    const links = page.locator(".exports a");
    const [json, csv] = await links.evaluateAll((all) => all.map((link) => link.href));
    const asJson = await page.request.get(json);
    const table = await asJson.json();
    const rows = Object.values(table).find(Array.isArray);
    report.check(`${path} has its table as JSON`, asJson.ok() && rows?.length > 0, json);
    const asCsv = await page.request.get(csv);
    const [head, ...lines] = (await asCsv.text()).trim().split("\r\n");
    const whole = asCsv.ok() && head.includes(",") && lines.length >= rows.length;
    report.check(`${path} has its table as CSV`, whole, `${csv}\n${head}`);
  }
}

// Nobody is asked for findings that the detectors of a short run cannot have made.
async function answerAFinding(report, visit) {
  const { page } = visit;
  await visit.go("/findings");
  const link = page.locator(FINDING_LINK).first();
  if ((await link.count()) === 0) return;
  const title = (await link.innerText()).trim();
  await follow(page, link);
  const heading = await page.locator("h1").innerText();
  report.check("a finding leads to its page", title.startsWith(heading.slice(0, 40)), heading);
  const feedback = page.locator("#feedback");
  const choices = await feedback.locator("li").allInnerTexts();
  const told = choices.every((text) => text.trim().split(/\s+/).length > 4);
  report.check("each answer says what it will do", told && choices.length >= 3, choices);
  await feedback.locator('input[name="note"]').fill("the summer sale");
  await follow(page, feedback.locator('button[value="expected"]'));
  const said = await feedback.innerText();
  report.check("what was said is shown", /Called expected/.test(said) && /summer sale/.test(said), said);
  await follow(page, feedback.locator('button[value="withdrawn"]'));
  const back = await feedback.innerText();
  report.check("and can be taken back", /taken back/.test(back), back);
}

async function throughTheMenuOfAPhone(report, visit) {
  const { page } = visit;
  await visit.go("/");
  const menu = page.locator("details.menu");
  report.check("the menu is shut", !(await menu.locator("nav").isVisible()));
  await menu.locator("summary").click();
  const links = menu.locator("nav a");
  const sizes = await links.evaluateAll((all) =>
    all.map((link) => link.getBoundingClientRect()).map(({ width, height, right }) => [width, height, right]),
  );
  const fits = sizes.every(([width, height, right]) => width >= 24 && height >= 24 && right <= PHONE.width);
  report.check("every page is in it and in reach", fits && sizes.length >= 9, sizes);
  await follow(page, links.filter({ hasText: "Findings" }));
  report.check("it leads to the page", place(page).pathname === "/findings", page.url());
}

async function loseTheWay(report, visit) {
  const { page } = visit;
  const wrong = {
    "/nowhere": 404,
    "/functions/nobody": 404,
    "/traces/ffffffffffffffffffffffffffffffff": 404,
    "/traces/not-an-id": [400, 404],
    "/functions?from=yesterdayish": 400,
    "/findings/ffffffffffffffff": 404,
    "/findings/checkout": 400,
  };
  for (const [path, expected] of Object.entries(wrong)) {
    const status = await visit.go(path);
    report.check(`${path} is refused`, [expected].flat().includes(status), `${status}`);
    const told = await page.locator("main").innerText();
    report.check(`${path} says what to do next`, told.trim().length > 40, told);
    const ways = await page.locator('nav[aria-label="Pages"] a').count();
    report.check(`${path} leaves a way back`, ways >= 6);
  }
  visit.forget(); // the refusals were wanted
}

export const journeys = [
  ["journey to a trace", WITH_SCRIPT, fromTheOverviewToTheLogsOfATrace],
  ["journey to a trace without JavaScript", WITHOUT_SCRIPT, fromTheOverviewToTheLogsOfATrace],
  ["journey through time", WITH_SCRIPT, timeRanges],
  ["journey through time without JavaScript", WITHOUT_SCRIPT, timeRanges],
  ["journey through the logs", WITHOUT_SCRIPT, searchLogs],
  ["journey through the functions", WITH_SCRIPT, filterFunctions],
  ["journey to a failed trace", WITH_SCRIPT, findASlowTrace],
  ["journey to a metric", WITH_SCRIPT, lookAtAMetric],
  ["journey to the ingest", WITHOUT_SCRIPT, lookAtTheIngest],
  ["journey to the proof of a cost", WITHOUT_SCRIPT, askForTheProofOfACost],
  ["journey from a cost to advice", WITHOUT_SCRIPT, followACostToItsAdvice],
  ["journey to a finding", WITH_SCRIPT, answerAFinding],
  ["journey to a finding without JavaScript", WITHOUT_SCRIPT, answerAFinding],
  ["journey through the menu of a phone", ON_A_PHONE, throughTheMenuOfAPhone],
  ["journey to the exporters", WITH_SCRIPT, connect],
  ["journey from light to dark", WITHOUT_SCRIPT, changeTheme],
  ["journey to the tables", WITH_SCRIPT, exportTables],
  ["journey to nowhere", WITH_SCRIPT, loseTheWay],
];
