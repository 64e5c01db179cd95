/* A checkbox that ticks all others of its form: <template data-tick-all> holds it, so that without this script there is
   none that does nothing. */

for (const template of document.querySelectorAll("template[data-tick-all]")) {
  const form = template.closest("form");
  template.replaceWith(template.content);
  const all = form.querySelector("input[data-all]");
  // Asked for anew each time: a page that updates itself gets further ones.
  const others = () => [...form.querySelectorAll("input[type=checkbox]:not([data-all])")];
  all.addEventListener("change", () => {
    for (const other of others()) other.checked = all.checked;
  });
  form.addEventListener("change", () => {
    const ticked = others().filter((other) => other.checked).length;
    all.checked = ticked === others().length;
    all.indeterminate = 0 < ticked && !all.checked;
  });
}
