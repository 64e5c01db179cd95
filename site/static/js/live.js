/* When the parts of a page that keep themselves up to date, {% live %}, are fetched by htmx: as soon as one of their events
   is heard (static/js/events.js), and every few seconds. While the stream of events is open, asking is a rare second look
   at what the events tell of. Nothing is asked while the tab is hidden; who comes back to it sees it fresh.

   After FAILURES failures in a row, or at once where asking again would not help, a note says that the page no longer
   updates itself (<template id="live-note-template">). */

const FAILURES = 3;
const RARELY = 30_000; // milliseconds between two looks at what the stream tells of
const looks = new WeakMap(); // by part: when it was looked at, and how often that failed

function lookOf({ requestConfig: { elt } }) {
  if (!elt.matches("[data-live]")) return null;
  if (!looks.has(elt)) looks.set(elt, { at: 0, failures: 0 });
  return looks.get(elt);
}

document.addEventListener("htmx:beforeRequest", (event) => {
  const look = lookOf(event.detail);
  if (!look) return;
  const { elt, triggeringEvent } = event.detail.requestConfig;
  const isTold = elt.dataset.live && document.documentElement.dataset.stream === "open";
  const isEarly = !triggeringEvent && isTold && performance.now() - look.at < RARELY;
  if (document.hidden || look.failures >= FAILURES || isEarly) event.preventDefault();
  else look.at = performance.now();
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const look = lookOf(event.detail);
  if (!look || !event.detail.shouldSwap) return;
  const { elt } = event.detail.requestConfig;
  if (event.detail.serverResponse.includes(`id="${elt.id}"`)) {
    look.failures = 0;
    document.getElementById("live-note")?.remove();
  } else {
    event.detail.shouldSwap = false; // another page by now
    fail(elt, look, true);
  }
});

for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, ({ detail }) => {
    const look = lookOf(detail);
    if (look) fail(detail.requestConfig.elt, look, 400 <= detail.xhr.status && detail.xhr.status < 500);
  });
}

function fail(elt, look, isFinal) {
  look.failures = isFinal ? FAILURES : look.failures + 1;
  const content = document.getElementById("content");
  if (look.failures < FAILURES || !content.contains(elt) || document.getElementById("live-note")) return;
  const note = document.getElementById("live-note-template").content.firstElementChild.cloneNode(true);
  note.querySelector("a").href = location.href;
  content.prepend(note);
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  for (const elt of document.querySelectorAll("[data-live]")) looks.delete(elt);
  document.dispatchEvent(new CustomEvent("roost:look"));
});
