/* A checkbox that ticks all others of its form: <template data-tick-all> holds it, so that without this script there is
   none that does nothing. The form is the one around the template, or that with the id which the attribute names. */

for (const template of document.querySelectorAll("template[data-tick-all]")) {
  const form = document.getElementById(template.dataset.tickAll) ?? template.closest("form");
  const all = template.content.querySelector("input[data-all]");
  // Asked for anew each time: a page that updates itself gets further ones.
  const others = () => [...form.elements].filter((each) => each.type === "checkbox" && each !== all);
  template.replaceWith(template.content);
  all.addEventListener("change", () => {
    for (const other of others()) other.checked = all.checked;
  });
  document.addEventListener("change", (event) => {
    if (event.target.form !== form) return;
    const ticked = others().filter((other) => other.checked).length;
    all.checked = ticked === others().length;
    all.indeterminate = 0 < ticked && !all.checked;
  });
}
