/* Comforts of the page shell; every page works without them.

   - An open .menu closes by Escape, by a click beside it, and when the focus leaves it: it would hide what has it then.
   - The first thing that is wrong with a form has the focus, so that nobody has to look for it.
   - What a page says at its top is said to screen readers too, which read out only what changes in a place they know.
   - What just happened (.message) is dismissed by its button; on a phone it is out of the way once one scrolls on.
   - A link or button with data-dialog="ID" opens <dialog id="ID"> instead of going to its page.
   - Where the links of a .site-nav or .ops-nav do not fit, the one that is open is in sight.
   - Colours are changed without leaving the page, and what stands in its forms.
   - A form is posted with the token of now: signing in, in another tab too, makes that of an open page worthless. */

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll(".menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
  if (event.target.closest(".message-dismiss")) {
    event.target.closest(".message").remove();
    document.getElementById("content").focus({ preventScroll: true }); // the button that had the focus is gone
  }
  const opener = event.target.closest("[data-dialog]");
  const plainClick = !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
  const dialog = opener && document.getElementById(opener.dataset.dialog);
  if (dialog && plainClick) {
    event.preventDefault();
    dialog.showModal();
  }
});

document.addEventListener("focusin", ({ target }) => {
  if (target.closest("dialog")) return; // opened from a menu, to which the focus comes back
  for (const menu of document.querySelectorAll(".menu[open]")) {
    if (!menu.contains(target)) menu.open = false;
  }
});

function focusOnError() {
  const wrong = document.querySelector('#content :is([aria-invalid="true"]:not([type="hidden"]), .errorlist)');
  if (wrong?.matches(".errorlist")) wrong.tabIndex = -1;
  wrong?.focus();
}

focusOnError();
document.addEventListener("htmx:afterSettle", ({ detail: { xhr, requestConfig, target } }) => {
  const isRefused = xhr.status >= 400 || (requestConfig.verb === "post" && target.id === "content");
  if (isRefused && !requestConfig.elt.matches("[data-live]")) focusOnError();
});

addEventListener("load", () => {
  const messages = document.querySelector(".messages");
  const sayAgain = () => messages.contains(document.activeElement) || messages.append(...messages.children);
  if (messages?.firstElementChild) setTimeout(sayAgain, 200); // once the page itself is read in
});

const MOVED_ON = 120; // pixels
let saidAt; // where one was when something happened
addEventListener("load", () => (saidAt = scrollY));
document.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (detail.requestConfig.verb === "post") saidAt = scrollY;
});
addEventListener("scroll", () => {
  if (Math.abs(scrollY - saidAt) > MOVED_ON) document.querySelector(".messages")?.classList.add("messages-read");
}, { passive: true });

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || document.querySelector("dialog[open]")) return;
  for (const menu of document.querySelectorAll(".menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

for (const here of document.querySelectorAll(":is(.site-nav, .ops-nav) > [aria-current]")) {
  const nav = here.parentElement.getBoundingClientRect();
  const link = here.getBoundingClientRect();
  here.parentElement.scrollLeft += link.x + link.width / 2 - nav.x - nav.width / 2;
}

document.querySelector("[data-theme-form]")?.addEventListener("submit", async (event) => {
  const { submitter, target: form } = event;
  event.preventDefault();
  const body = new FormData(form, submitter);
  const answer = await fetch(form.action, { method: "POST", body, redirect: "manual" }).catch(() => null);
  if (!answer) return submitter.dispatchEvent(new Event("roost:unreachable", { bubbles: true }));
  if (answer.type !== "opaqueredirect") return location.reload();
  if (submitter.value === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = submitter.value;
  for (const button of form.querySelectorAll("button")) button.ariaPressed = String(button === submitter);
  const scheme = submitter.value === "system" ? "light dark" : submitter.value;
  document.querySelector("meta[name=color-scheme]").content = scheme;
});

/* Another site of the same domain may have a cookie of this name too: of several the server takes the last one. */
const tokenOfNow = () => [...document.cookie.matchAll(/(?:^|; )csrftoken=([^;]+)/g)].at(-1)?.[1];

document.addEventListener("submit", ({ target }) => {
  const field = target.elements.csrfmiddlewaretoken;
  if (field) field.value = tokenOfNow() ?? field.value;
}, true);

/* What is posted without being submitted: the preview of a text. */
document.addEventListener("htmx:configRequest", ({ detail: { parameters } }) => {
  if (parameters.csrfmiddlewaretoken) parameters.csrfmiddlewaretoken = tokenOfNow() ?? parameters.csrfmiddlewaretoken;
});
