/* A checkbox that ticks all others of its form: <template data-tick-all> holds it, so that without this script there is
   none that does nothing. The form is the one around the template, or that with the id which the attribute names. */

for (const template of document.querySelectorAll("template[data-tick-all]")) {
  const form = document.getElementById(template.dataset.tickAll) ?? template.closest("form");
  const others = [...form.elements].filter((each) => each.type === "checkbox");
  template.replaceWith(template.content);
  const all = document.querySelector("input[data-all]");
  all.addEventListener("change", () => {
    for (const other of others) other.checked = all.checked;
  });
  document.addEventListener("change", (event) => {
    if (event.target.form !== form) return;
    const ticked = others.filter((other) => other.checked).length;
    all.checked = ticked === others.length;
    all.indeterminate = 0 < ticked && ticked < others.length;
  });
}
