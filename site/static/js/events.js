/* Hears what happens elsewhere and tells the page: one stream of Server-Sent Events (/events/) for each tab.

   Each event is dispatched on `document` as "roost:<kind>" ("roost:task.changed"), its detail being what was sent and
   `mine`, whether this person did it, and once more for each thing that it names ("roost:task.changed:task=7");
   "roost:reset" says that more was missed than could be told, "roost:stream" that the stream has opened or broken
   (<html data-stream>).

   While the tab is hidden the stream is closed, so that many tabs do not use up the browser's six connections to a
   host; it goes on where it was. Where there is no stream pages still work: by reloading, or by asking again. */

const page = document.documentElement;
const me = Number(page.dataset.userId);

let source;
let lastId = page.dataset.lastEvent;

function open() {
  if (source || document.hidden || !me) return;
  source = new EventSource(`/events/?last=${lastId}`);
  source.addEventListener("message", hear);
  source.addEventListener("open", () => say("open"));
  source.addEventListener("error", () => say("broken"));
}

function close() {
  source?.close();
  source = undefined;
}

function say(state) {
  if (page.dataset.stream === state) return;
  page.dataset.stream = state;
  document.dispatchEvent(new CustomEvent("roost:stream"));
}

function hear(message) {
  lastId = message.lastEventId || lastId;
  const told = JSON.parse(message.data);
  const detail = { ...told, mine: told.actor === me };
  tell(told.kind, detail);
  const things = { organization: told.organization, ...told.ids };
  for (const [name, id] of Object.entries(things)) tell(`${told.kind}:${name}=${id}`, detail);
}

function tell(kind, detail) {
  document.dispatchEvent(new CustomEvent(`roost:${kind}`, { detail }));
}

document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
addEventListener("pagehide", close);
addEventListener("pageshow", open);
open();
