/* hx-swap="morph" (an extension of htmx): what has changed in the answer is changed in the page, and what has not stays as
   it is: the focus, what is typed, ticked boxes, what is unfolded, where one has scrolled to. Elements with an id are known
   again by it. A refusal is swapped too where it shows what is wrong with what was sent; of any other, and of what is no page
   of ours, nothing may touch what is typed.

   Where the answer to a form is another page, one with another heading, nothing of the old one is kept. What a form has
   changed may stand in the header too: a name, a number. What is posted for a part of the page, a preview, changes only
   that part. */

htmx.defineExtension("morph", {
  isInlineSwap: (style) => style === "morph",
  handleSwap(style, target, fragment) {
    if (style !== "morph") return false;
    const fresh = fragment.firstElementChild;
    if (!fresh) return [];
    const before = attributes(target);
    if (isOtherPage(target, fresh)) target.replaceChildren();
    morph(target, fresh);
    // Later, since htmx forgets with an element's attributes which of its requests are queued.
    if (attributes(target) !== before) setTimeout(() => htmx.process(target));
    return [...target.children];
  },
});

const WRONG = '#content :is([aria-invalid="true"], .errorlist, [role="alert"])';

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const { requestConfig: { elt, verb }, serverResponse, target, xhr } = detail;
  const isRefused = xhr.status >= 400;
  const isPosted = verb === "post" && target.id === "content";
  if (xhr.status === 204 || elt.matches("[data-live]") || !(isRefused || isPosted)) return;
  const page = new DOMParser().parseFromString(serverResponse, "text/html");
  detail.shouldSwap = Boolean(page.querySelector(isRefused ? WRONG : "#content"));
  detail.isError = !detail.shouldSwap;
  const [old, fresh] = [document, page].map((each) => each.querySelector(".site-header"));
  if (detail.shouldSwap && isPosted && old && fresh) morph(old, fresh);
});

const heading = (part) => part.querySelector("h1")?.textContent;
const isOtherPage = (old, fresh) => old.id === "content" && heading(old) !== heading(fresh);
const attributes = (element) => `${element.getAttribute("hx-get")} ${element.getAttribute("hx-trigger")}`;

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
