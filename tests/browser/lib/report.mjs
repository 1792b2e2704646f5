// Counts what held and what did not, and says so at once.

export class Report {
  passed = 0;
  failed = 0;

  check(name, holds, detail = "") {
    if (holds) {
      this.passed += 1;
      return true;
    }
    this.failed += 1;
    const text = typeof detail === "string" ? detail : JSON.stringify(detail);
    console.log(`FAILED ${name}`);
    if (text) console.log(text.slice(0, 2000).replaceAll(/^/gm, "       "));
    return false;
  }

  // Runs one part; what it throws is one failure and does not stop the others.
  async part(name, work) {
    try {
      await work();
    } catch (error) {
      this.check(name, false, String(error?.stack ?? error));
    }
  }

  // The closing line that test runners are read by.
  close() {
    console.log(`${this.passed} passed, ${this.failed} failed`);
    return this.failed === 0 && this.passed > 0;
  }
}
