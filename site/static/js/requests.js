/* What all requests of htmx share; its attributes in the templates say which there are.

   - The target is aria-busy, and #loading shows that something is on its way.
   - The focus stays where it is, also where its row moves. Where its row is gone it goes to the next one's button, where a
     link of a form is gone to that form's first field, where a button is gone to the heading of its section. On the next
     page of a list, or on another page, it begins at the top, as one reads.
   - What is said above the page moves nothing in it: the page is scrolled by as much, and what one has just pressed stays
     below the pointer.
   - [data-says] in the target, such as how many rows a list has, and the heading of an empty state are said to screen
     readers by [data-live-words].
   - A form that was posted, or that one of its links has cleared, shows what the server says; one with data-again gets
     the focus, for the next. Until it is answered it is not posted once more.
   - The address stays that of a page that one can come back to: not the one to which a form was posted.
   - What is refused changes the page where it shows what is wrong with what was sent. All else that failed is told in a
     toast, made of <template id="failure">, with a button that tries once more where that may help: the page, and what is
     typed in it, stays. */

const content = document.getElementById("content");
const words = document.querySelector("[data-live-words]");
const toasts = document.getElementById("toasts");
const failure = document.getElementById("failure");
let focused;
let form;
let heading;
let height; // of the heading in the window
let home;
let neighbours = [];
let said;
let section;
const LEAVING = 5000; // milliseconds
const PASSING = [0, 403, 408, 429]; // what may be otherwise the next time, like all errors of the server
const underway = new Set(); // forms that were posted and have no answer yet

function says(target) {
  const parts = [target, ...target.querySelectorAll("[data-says], .empty h2")];
  return parts.map((each) => each.dataset.says ?? (each.matches("h2") ? each.textContent : "")).join(" ").trim();
}
const headingOf = (part) => part.querySelector("h1")?.textContent;
const heightOf = (part) => part.querySelector("h1")?.getBoundingClientRect().top;
// (detail.elt is the element that an event is dispatched on.)
const isLive = ({ requestConfig }) => requestConfig.elt.matches("[data-live]");

document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (!isLive(detail)) detail.target.setAttribute("aria-busy", "true");
});

document.addEventListener("htmx:afterRequest", ({ detail }) => detail.target.removeAttribute("aria-busy"));

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  focused = document.activeElement;
  form = detail.requestConfig.elt.closest("form"); // a link may be gone after the swap
  const row = focused.closest("tbody > tr, article");
  neighbours = [row?.nextElementSibling, row?.previousElementSibling].filter(Boolean);
  home = row;
  section = focused.closest("section[aria-labelledby]");
  heading = headingOf(content);
  height = heightOf(content);
  said = says(detail.target);
  // What is said next is new, though it may have the same words.
  const isPosted = detail.requestConfig.verb === "post" && detail.target === content;
  if (isPosted && detail.shouldSwap) content.querySelector(".messages").replaceChildren();
});

document.addEventListener("htmx:afterSwap", ({ detail }) => {
  const { target, xhr } = detail;
  const { elt, verb } = detail.requestConfig;
  const isOtherPage = verb === "post" && headingOf(content) !== heading;
  const isNextPage = elt.matches("[rel=prev], [rel=next]");
  if (isOtherPage) scrollTo(0, 0);
  else if (!isNextPage) scrollBy(0, heightOf(content) - height || 0);
  if (elt.matches("a") || (elt === form && verb === "post")) form?.reset();
  if (elt.matches("[data-again]") && xhr.status < 400) elt.querySelector("input:not([type=hidden])").focus();
  keepFocus();
  if (isOtherPage || isNextPage) content.focus({ preventScroll: true });
  const now = says(target);
  if (now && (now !== said || (verb === "get" && !isLive(detail)))) words.textContent = now;
  else if (isOtherPage) words.textContent = headingOf(content);
});

/* A page that answers a form without leading on has no address of its own: it takes that of the page before. */
document.addEventListener("htmx:beforeHistoryUpdate", ({ detail: { history, pathInfo, requestConfig } }) => {
  if (requestConfig.verb !== "post") return;
  history.type = "replace";
  const isLedOn = pathInfo.responsePath !== pathInfo.finalRequestPath;
  if (!isLedOn) history.path = location.pathname + location.search;
});

document.addEventListener("submit", (event) => {
  const { target } = event;
  if (target.method !== "post" || !target.matches("[hx-boost]")) return;
  if (target.closest("[data-live]")) {
    // It changes the page, and would inherit that only its part is changed, and that a later look takes its turn.
    for (const name of ["hx-target", "hx-select", "hx-indicator", "hx-sync"]) {
      target.setAttribute(name, content.getAttribute(name));
    }
  }
  if (!underway.has(target)) return underway.add(target);
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);

document.addEventListener("htmx:afterRequest", ({ detail: { requestConfig, xhr } }) => {
  const isLeaving = xhr.getResponseHeader("HX-Redirect");
  // A page that cannot be opened, or is a file, leaves one here.
  setTimeout(() => underway.delete(requestConfig.elt), isLeaving ? LEAVING : 0);
});
document.addEventListener("htmx:validation:halted", ({ target }) => underway.delete(target));
addEventListener("pageshow", () => underway.clear()); // of a page that the browser has kept

document.addEventListener("htmx:afterOnLoad", ({ detail }) => {
  if (detail.xhr.status < 400 && !detail.failed) toasts.querySelector("[data-failure]")?.remove();
});

const isThere = (element) => element?.isConnected && element.checkVisibility();

function keepFocus() {
  const isKept = document.activeElement !== document.body && isThere(document.activeElement);
  if (isKept || focused === document.body) return;
  const next = !home?.isConnected && neighbours.find((each) => each.isConnected)?.querySelector(":is(.cell-actions, .row) :is(a, button)");
  const field = isThere(form) && form.querySelector("input:not([type=hidden]), select");
  const title = isThere(section) && section.querySelector("h2");
  if (title) title.tabIndex = -1;
  (isThere(focused) ? focused : next || field || title || content).focus({ preventScroll: true });
}

/* Going back loads a page anew: once the browser has scrolled to where one was, which it keeps then. It does so with the
   next layout, which a busy one makes later than a timer of 0 ms comes. */
document.addEventListener("htmx:historyCacheMiss", (event) => {
  event.preventDefault();
  requestAnimationFrame(() => requestAnimationFrame(() => location.reload()));
});

for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, ({ detail }) => isLive(detail) || tell(detail));
}

document.addEventListener("roost:unreachable", ({ target }) => {
  tell({ xhr: { status: 0 }, requestConfig: { elt: target, verb: "post" } });
});

function tell({ xhr, requestConfig }) {
  const toast = failure.content.firstElementChild.cloneNode(true);
  const [again, signIn] = toast.querySelectorAll(".button");
  toast.querySelector("span").textContent = explain(xhr, requestConfig.verb);
  again.hidden = !(PASSING.includes(xhr.status) || xhr.status >= 500);
  signIn.hidden = xhr.status !== 401;
  signIn.href += `?next=${encodeURIComponent(location.pathname + location.search)}`;
  again.addEventListener("click", () => {
    toast.remove();
    const { elt, triggeringEvent: event } = requestConfig;
    const there = [event?.submitter, event?.target, elt].find((each) => isThere(each) && each.tabIndex >= 0);
    (there ?? content).focus({ preventScroll: true });
    repeat(requestConfig);
  });
  toasts.querySelector("[data-failure]")?.remove();
  toasts.append(toast);
}

/* The words of the page that says what is wrong, where it is one of ours. */
function explain(xhr, verb) {
  if (xhr.status === 0) return failure.dataset.unreachable;
  if (xhr.status === 401) return failure.dataset.signedOut;
  if (xhr.status === 404 && verb === "post") return failure.dataset.gone;
  if (xhr.status === 413) return failure.dataset.tooLarge;
  const page = new DOMParser().parseFromString(xhr.responseText, "text/html");
  return page.querySelector("h1 + p")?.textContent.trim() || failure.dataset.failed;
}

function repeat({ elt, triggeringEvent: event }) {
  if (!elt.isConnected) location.reload();
  else if (elt.matches("form")) elt.requestSubmit(event?.submitter?.isConnected ? event.submitter : null);
  else elt.click();
}
