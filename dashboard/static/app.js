// Comfort only: every page works without this file.
(() => {
  "use strict";
  const EVERY_MS = 15000;
  const button = document.getElementById("refresh");
  let pressed = false;

  async function refresh() {
    if (document.hidden || document.querySelector("details.range[open]")) return;
    button?.classList.add("busy");
    try {
      const answer = await fetch(location.href);
      if (answer.redirected) return location.reload();
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById("main");
      const old = document.getElementById("main");
      if (!fresh || !old) return;
      // What was opened stays open.
      old.querySelectorAll("details[id]").forEach((d) => {
        const same = d.open && fresh.querySelector("#" + CSS.escape(d.id));
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

  // Pages that wait for something look again by themselves; others when they are told to.
  const waiting = () => document.querySelector("[data-live]");
  const turn = () => (pressed || waiting()) && refresh();
  setInterval(turn, EVERY_MS);
  document.addEventListener("visibilitychange", turn);

  function press(on) {
    pressed = on;
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
      press(!pressed);
      if (pressed) refresh();
    });
    try {
      if (sessionStorage.getItem("live")) press(true);
    } catch {
      // As above.
    }
  }

  // Menus close as menus do.
  const close = () => document.querySelectorAll("details.range[open]").forEach((d) => (d.open = false));
  document.addEventListener("click", (e) => e.target.closest("details.range") || close());

  // Filters apply when a choice is made.
  document.addEventListener("change", (e) => e.target.matches(".filters select") && e.target.form.requestSubmit());

  // A link to something folded unfolds it.
  const unfold = () => {
    const id = decodeURIComponent(location.hash.slice(1));
    const target = id && document.getElementById(id);
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
      // Where two pages begin alike, the same keys again go to the other one.
      const links = [...document.querySelectorAll(".side .pages a")];
      const alike = links.filter((a) => a.textContent.trim().toLowerCase().startsWith(e.key));
      const here = alike.findIndex((a) => a.ariaCurrent);
      alike[(here + 1) % alike.length]?.click();
    } else if (e.key === "g") {
      going = true;
      setTimeout(() => (going = false), 1200);
    }
  });
})();
