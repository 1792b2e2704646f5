// Chromium, and a visit: a page in a context of its own that remembers what went over the wire.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";

// NODE_PATH tells where the packages are (tests/setup.sh); `import` would not look there.
const require = createRequire(import.meta.url);
const { chromium } = require("playwright-core");

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

export async function launch() {
  const executablePath = process.env.NEPHOSCOPE_TEST_CHROMIUM ?? PLACES.find(existsSync);
  if (!executablePath) throw new Error("no Chromium found: set NEPHOSCOPE_TEST_CHROMIUM");
  // Without these Chromium speaks to its maker at every start, which would drown our own errors.
  const args = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
  ];
  if (process.getuid?.() === 0) args.push("--no-sandbox");
  return chromium.launch({ executablePath, args, headless: true });
}

export const DESKTOP = { width: 1440, height: 900 };
export const PHONE = { width: 390, height: 844 };

export class Visit {
  // options: viewport, colorScheme, javaScriptEnabled, as Playwright's newContext takes them.
  static async open(browser, base, options) {
    const context = await browser.newContext({
      viewport: DESKTOP,
      colorScheme: "light",
      reducedMotion: "reduce",
      timezoneId: "Europe/Berlin",
      locale: "en-GB",
      ...options,
    });
    context.setDefaultTimeout(15_000);
    const page = await context.newPage();
    const visit = new Visit(context, page, base);
    await visit.listen();
    return visit;
  }

  constructor(context, page, base) {
    Object.assign(this, { context, page, base });
    this.forget();
  }

  forget() {
    this.requests = new Map();
    this.complaints = [];
  }

  async listen() {
    const { page } = this;
    page.on("console", (message) => {
      if (message.type() === "error") this.complaints.push(`console: ${message.text()}`);
    });
    page.on("pageerror", (error) => this.complaints.push(`script: ${error.message}`));
    await page.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", (event) => {
        console.error(`CSP ${event.violatedDirective} refused ${event.blockedURI}`);
      });
    });
    const wire = await this.context.newCDPSession(page);
    await wire.send("Network.enable");
    wire.on("Network.requestWillBeSent", ({ requestId, request, type }) => {
      if (!/^https?:/.test(request.url)) return;
      this.requests.set(requestId, { url: request.url, type, status: null, bytes: 0 });
    });
    const change = (id, fields) => Object.assign(this.requests.get(id) ?? {}, fields);
    wire.on("Network.responseReceived", ({ requestId, response }) => {
      change(requestId, { status: response.status });
    });
    wire.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
      change(requestId, { bytes: encodedDataLength });
    });
    wire.on("Network.loadingFailed", ({ requestId, errorText, canceled }) => {
      // The browser cancels what a navigation leaves behind; that is no fault of the page.
      if (!canceled) change(requestId, { failed: errorText });
    });
  }

  // Loads a path and gives the status of the document itself.
  async go(path) {
    this.forget();
    const response = await this.page.goto(this.base + path, { waitUntil: "load" });
    return response.status();
  }

  get bytes() {
    return [...this.requests.values()].reduce((sum, request) => sum + request.bytes, 0);
  }

  // What a page must never have: errors, refusals, failures, other origins.
  faults() {
    const origin = new URL(this.base).origin;
    const bad = [...this.requests.values()].flatMap(({ url, status, failed }) => [
      ...(failed ? [`${url} failed: ${failed}`] : []),
      ...(status >= 400 ? [`${url} answered ${status}`] : []),
      ...(new URL(url).origin === origin ? [] : [`${url} is another origin`]),
    ]);
    return [...this.complaints, ...bad];
  }

  close() {
    return this.context.close();
  }
}
