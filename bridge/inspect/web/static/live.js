// Keeps an open page up to date while runs go on. The page is whole without it.
//
// <div data-live="/live?since=…">  listens there. The server's own HTML comes again when it says "changed": every
//                                  element with data-fresh and an id is replaced by its like of the page fetched anew.
// <span data-headway="RUN">        shows how far a run is: its <progress>, and the text of its [data-said].
// <span data-cost="RUN">           shows the CPU time that it has taken so far.
// <p data-listening hidden>        is shown while this works, <p data-drawn> while it does not.
"use strict";
(() => {
  const PATIENCE = 2000; // milliseconds between two times that the page is fetched
  const root = document.querySelector("[data-live]");
  if (!root || !window.EventSource) return;
  let source = null, over = false, asked = false, busy = false, last = 0;

  function show(selector, shown) {
    for (const element of document.querySelectorAll(selector)) element.hidden = !shown;
  }

  function listening(now) {
    show("[data-listening]", now);
    show("[data-drawn]", !now);
  }

  function headway(told) {
    for (const element of document.querySelectorAll("[data-headway]")) {
      const one = told[element.dataset.headway];
      if (!one) continue;
      const bar = element.querySelector("progress");
      if (bar) { bar.max = Math.max(1, one.total); bar.value = one.done; }
      const said = element.querySelector("[data-said]");
      if (said && said.textContent !== one.text) said.textContent = one.text;
    }
    for (const element of document.querySelectorAll("[data-cost]")) {
      const one = told[element.dataset.cost];
      if (one) element.textContent = one.cost;
    }
  }

  // What a reader has chosen, opened or is at stays as it is, though the elements are other ones.
  function exchanged(old, fresh) {
    const here = document.activeElement, at = old.contains(here) ? here.id : "";
    for (const input of old.querySelectorAll("input[id]")) {
      const like = fresh.querySelector("#" + CSS.escape(input.id));
      if (like) like.checked = input.checked;
    }
    for (const details of old.querySelectorAll("details[id]")) {
      const like = fresh.querySelector("#" + CSS.escape(details.id));
      if (like) like.open = details.open;
    }
    old.replaceWith(fresh);
    if (at) { const again = document.getElementById(at); if (again) again.focus({ preventScroll: true }); }
  }

  async function draw() {
    asked = true;
    if (busy || document.hidden) return;
    busy = true;
    while (asked) {
      await new Promise((go) => setTimeout(go, Math.max(0, last + PATIENCE - Date.now())));
      asked = false;
      last = Date.now();
      try {
        const answer = await fetch(location.href, { headers: { accept: "text/html" }, credentials: "same-origin" });
        if (!answer.ok) break;
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        for (const old of document.querySelectorAll("[data-fresh][id]")) {
          const fresh = page.getElementById(old.id);
          if (fresh) exchanged(old, document.importNode(fresh, true));
        }
        listening(!over && source !== null);
      } catch (reason) {
        break; // the server is gone: it is asked again when it is back
      }
    }
    busy = false;
  }

  function close() {
    if (source) source.close();
    source = null;
    listening(false);
  }

  function listen() {
    if (source || over || document.hidden) return;
    source = new EventSource(root.dataset.live);
    source.addEventListener("open", () => listening(true));
    source.addEventListener("error", () => listening(false));
    source.addEventListener("headway", (event) => headway(JSON.parse(event.data)));
    source.addEventListener("changed", (event) => {
      const address = new URL(root.dataset.live, location.href);
      address.searchParams.set("since", JSON.parse(event.data).sign);
      root.dataset.live = address.pathname + address.search;
      draw();
    });
    source.addEventListener("over", () => { over = true; close(); });
  }

  // A page that nobody looks at listens to nothing.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) close(); else { listen(); if (asked) draw(); }
  });
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", listen);
  listen();
})();
