/* Keeps a page up to date: the part [data-live="address"] is fetched anew from there every data-live-every seconds, as
   long as the tab is visible, and what has changed in it is changed in the page. What has not stays as it is: the focus,
   ticked boxes, what is unfolded, where one has scrolled to. Elements with an id are known again by it.

   data-live-says is said to screen readers, by [data-live-words], when it has become another. Without data-live-every the
   part has come to its end, and nothing is asked any more. After FAILURES failures in a row a note says that the page no
   longer updates itself. */

const FAILURES = 3;
let failures = 0;
let timer;

const part = () => document.querySelector("[data-live]");

function plan() {
  clearTimeout(timer);
  const seconds = Number(part()?.dataset.liveEvery);
  if (seconds && failures < FAILURES) timer = setTimeout(look, seconds * 1000);
}

async function look() {
  if (document.hidden) return; // visibilitychange goes on
  try {
    await renew(part());
    failures = 0;
    document.getElementById("live-note")?.remove();
  } catch (error) {
    failures = error.final ? FAILURES : failures + 1;
    if (failures === FAILURES) note();
  }
  plan();
}

async function renew(old) {
  const response = await fetch(old.dataset.live, { headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.querySelector("[data-live]");
  if (!response.ok || response.redirected || !fresh) {
    // Signed out, or another page by now: asking again would not help.
    throw Object.assign(new Error(response.status), { final: response.status < 500 });
  }
  const said = old.dataset.liveSays;
  morph(old, fresh);
  const words = document.querySelector("[data-live-words]");
  if (words && fresh.dataset.liveSays !== said) words.textContent = fresh.dataset.liveSays;
}

function note() {
  const link = document.createElement("a");
  link.href = location.href;
  link.textContent = "Reload it";
  const words = document.createElement("span");
  words.append("This page no longer updates itself. ", link, ".");
  const note = document.createElement("p");
  note.id = "live-note";
  note.className = "message";
  note.dataset.level = "warning";
  note.setAttribute("role", "alert");
  note.append(words);
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

document.addEventListener("visibilitychange", () => {
  if (document.hidden || !part()?.dataset.liveEvery) return;
  failures = 0;
  look();
});

plan();
