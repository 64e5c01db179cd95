/* Keeps a page up to date: a part [data-live="address"] is fetched anew from there, and what has changed in it is changed
   in the page. What has not stays as it is: the focus, ticked boxes, what is unfolded, where one has scrolled to. Elements
   with an id are known again by it, the part itself too; a page has one part without.

   When it is fetched: as soon as one of the events data-live-on is heard (static/js/events.js; several are separated by
   spaces), and every data-live-every seconds; while the stream of events is open, events do, and asking is a rare second
   look. data-live-ids, such as "organization=3 article=7", leaves out what happens to others. Without data-live-every
   nothing is asked but by events. Nothing is while the tab is hidden.

   data-live-says is said to screen readers, by [data-live-words], when it has become another. After FAILURES failures in
   a row a note says that the page no longer updates itself. */

const FAILURES = 3;
const RARELY = 30; // seconds between two looks at what the stream tells of
const TOGETHER = 150; // milliseconds in which several events cost one look

class Part {
  failures = 0;

  constructor(element) {
    this.element = element;
    this.kinds = (element.dataset.liveOn ?? "").split(" ").filter(Boolean);
    for (const kind of this.kinds) document.addEventListener(`roost:${kind}`, ({ detail }) => this.hear(detail));
    if (this.kinds.length) document.addEventListener("roost:reset", () => this.soon());
    document.addEventListener("roost:stream", () => this.plan());
    document.addEventListener("visibilitychange", () => this.wake());
    this.plan();
  }

  plan() {
    clearTimeout(this.timer);
    let seconds = Number(this.element.dataset.liveEvery);
    if (!seconds || this.failures >= FAILURES) return;
    if (this.kinds.length && document.documentElement.dataset.stream === "open") seconds = Math.max(seconds, RARELY);
    this.timer = setTimeout(() => this.look(), seconds * 1000);
  }

  hear({ ids, ...event }) {
    const known = { ...event, ...ids };
    const wanted = (this.element.dataset.liveIds ?? "").split(" ").filter(Boolean).map((pair) => pair.split("="));
    if (wanted.every(([name, id]) => !known[name] || String(known[name]) === id)) this.soon();
  }

  soon() {
    this.again = this.looks;
    if (this.looks || this.failures >= FAILURES) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.look(), TOGETHER);
  }

  async look() {
    if (document.hidden) return; // visibilitychange goes on
    this.looks = true;
    try {
      await this.renew();
      this.failures = 0;
      document.getElementById("live-note")?.remove();
    } catch (error) {
      this.failures = error.final ? FAILURES : this.failures + 1;
      if (this.failures === FAILURES && document.getElementById("content").contains(this.element)) note();
    }
    this.looks = false;
    if (this.again) this.soon();
    else this.plan();
  }

  async renew() {
    const old = this.element;
    const response = await fetch(old.dataset.live, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = old.id ? page.getElementById(old.id) : page.querySelector("[data-live]:not([id])");
    if (!response.ok || response.redirected || !fresh) {
      // Signed out, or another page by now: asking again would not help.
      throw Object.assign(new Error(response.status), { final: response.status < 500 });
    }
    const said = old.dataset.liveSays;
    morph(old, fresh);
    const words = document.querySelector("[data-live-words]");
    if (words && fresh.dataset.liveSays !== said) words.textContent = fresh.dataset.liveSays;
  }

  wake() {
    if (document.hidden || !(this.element.dataset.liveEvery || this.kinds.length)) return;
    this.failures = 0;
    this.look();
  }
}

function note() {
  if (document.getElementById("live-note")) return;
  const note = document.importNode(document.getElementById("live-note-template").content, true);
  note.querySelector("a").href = location.href;
  document.getElementById("content").prepend(note);
}

/* Makes the element `old` like `fresh`, with as few changes as possible. */
function morph(old, fresh) {
  for (const { name, value } of fresh.attributes) {
    if (name !== "open" && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  for (const { name } of [...old.attributes]) {
    if (name !== "open" && !fresh.hasAttribute(name)) old.removeAttribute(name);
  }
  const kept = new Set([...fresh.children].map((child) => child.id));
  for (const child of [...old.children]) if (child.id && !kept.has(child.id)) child.remove();
  let next = old.firstChild;
  for (const child of fresh.childNodes) {
    const known = partner(old, next, child);
    if (!known) {
      old.insertBefore(document.importNode(child, true), next);
      continue;
    }
    while (next !== known && next?.nodeType === Node.TEXT_NODE) next = drop(next);
    if (next === known) next = next.nextSibling;
    else old.insertBefore(known, next);
    if (known.nodeType === Node.ELEMENT_NODE) morph(known, child);
    else if (known.data !== child.data) known.data = child.data;
  }
  while (next) next = drop(next);
}

/* What stands in `old` for a child of the fresh one: by its id, or in the same place. */
function partner(old, next, child) {
  const found = child.id ? [...old.children].find((each) => each.id === child.id) : next;
  return found && !(found.id && !child.id) && found.nodeName === child.nodeName ? found : null;
}

function drop(node) {
  const next = node.nextSibling;
  node.remove();
  return next;
}

for (const element of document.querySelectorAll("[data-live]")) new Part(element);
