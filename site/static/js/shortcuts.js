/* Keys instead of the mouse: `?` opens #shortcuts, the list of them; `/` goes to the search of the page; the keys of a
   link in data-keys, one ("c") or two after each other ("g t"), follow it: the first such link on the page counts.

   They rest while one types, in every control of a form, in a dialog, and together with Ctrl, Alt or Meta. A switch in
   the list turns them off (WCAG 2.2, 2.1.4: dictation software types letters), which the browser remembers. */

const OFF = "shortcuts-off";
const PATIENCE = 1000; // milliseconds for the second of two keys
const list = document.getElementById("shortcuts");
const choice = list.querySelector("[data-shortcuts-switch]");
let first = "";
let timer;

choice.checked = !localStorage.getItem(OFF);
choice.addEventListener("change", () => {
  if (choice.checked) localStorage.removeItem(OFF);
  else localStorage.setItem(OFF, "1");
});

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.repeat || event.isComposing || localStorage.getItem(OFF)) return;
  if (event.ctrlKey || event.altKey || event.metaKey || event.key.length !== 1) return;
  if (event.target.closest("input, select, textarea, [contenteditable]") || document.querySelector("dialog[open]")) return;
  const keys = first ? `${first} ${event.key}` : event.key;
  forget();
  if (act(keys)) event.preventDefault();
  else if (document.querySelector(`[data-keys^="${CSS.escape(event.key)} "]`)) wait(event.key);
});

function act(keys) {
  if (keys === "?") {
    list.showModal();
    return true;
  }
  const search = document.querySelector("[role=search] :is(input[type=search], input[type=text])");
  if (keys === "/" && search) {
    search.focus();
    search.select();
    return true;
  }
  const link = document.querySelector(`[data-keys="${CSS.escape(keys)}"]`);
  link?.click();
  return Boolean(link);
}

function wait(key) {
  first = key;
  timer = setTimeout(forget, PATIENCE);
}

function forget() {
  clearTimeout(timer);
  first = "";
}
