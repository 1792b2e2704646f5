// Comfort only: every page works without this file.
(() => {
  "use strict";
  const EVERY_MS = 15000;
  const button = document.getElementById("refresh");
  let timer = 0;

  async function refresh() {
    if (document.hidden || document.querySelector("details.range[open]")) return;
    button?.classList.add("busy");
    try {
      const answer = await fetch(location.href, { headers: { "x-refresh": "1" } });
      if (answer.redirected) return location.reload();
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById("main");
      const old = document.getElementById("main");
      if (!fresh || !old || !answer.ok) return;
      // What was opened stays open.
      old.querySelectorAll("details[open][id]").forEach((d) => {
        const same = fresh.querySelector("#" + CSS.escape(d.id));
        if (same) same.open = true;
      });
      old.replaceWith(fresh);
      const foot = page.querySelector(".foot");
      if (foot) document.querySelector(".foot")?.replaceWith(foot);
    } catch {
      // The next turn tries again; the page on screen stays as it is.
    } finally {
      button?.classList.remove("busy");
    }
  }

  function live(on) {
    clearInterval(timer);
    timer = on ? setInterval(refresh, EVERY_MS) : 0;
    button.setAttribute("aria-pressed", String(on));
    button.querySelector("span").textContent = on ? "Live" : "Refresh";
    try {
      sessionStorage.setItem("live", on ? "1" : "");
    } catch {
      // Without storage the choice lasts for this page only.
    }
  }

  if (button) {
    button.hidden = false;
    button.title = "Look again every 15 seconds";
    button.addEventListener("click", () => {
      const on = !timer;
      live(on);
      if (on) refresh();
    });
    let kept = "";
    try {
      kept = sessionStorage.getItem("live");
    } catch {
      // As above.
    }
    if (kept) live(true);
    document.addEventListener("visibilitychange", () => timer && refresh());
  }

  // Menus close as menus do.
  const close = () => document.querySelectorAll("details.range[open]").forEach((d) => (d.open = false));
  document.addEventListener("click", (e) => e.target.closest("details.range") || close());

  // Filters apply when a choice is made.
  document.addEventListener("change", (e) => e.target.matches(".filters select") && e.target.form.requestSubmit());

  // A link to something folded unfolds it.
  const unfold = () => {
    const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target && target.matches("details")) target.open = true;
  };
  addEventListener("hashchange", unfold);
  unfold();

  // "/" searches, "g" and a letter goes to a page.
  let going = false;
  document.addEventListener("keydown", (e) => {
    if (e.key === "Escape") close();
    if (e.ctrlKey || e.metaKey || e.altKey || e.target.closest("input, select, textarea")) return;
    if (e.key === "/") {
      const box = document.querySelector("[data-search]");
      if (box) {
        e.preventDefault();
        box.focus();
        box.select();
      }
    } else if (going) {
      going = false;
      const links = [...document.querySelectorAll(".side nav a")];
      const link = links.find((a) => a.textContent.trim().toLowerCase().startsWith(e.key));
      if (link) link.click();
    } else if (e.key === "g") {
      going = true;
      setTimeout(() => (going = false), 1200);
    }
  });
})();
