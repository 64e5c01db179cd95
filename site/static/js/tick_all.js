/* A checkbox that ticks all others of its form: <input type="checkbox" data-all data-needs-script>. */

const others = (all) => [...all.form.elements].filter((each) => each.type === "checkbox" && each !== all);

document.addEventListener("change", ({ target }) => {
  if (target.matches("[data-all]")) for (const other of others(target)) other.checked = target.checked;
  reflect();
});
document.addEventListener("htmx:afterSettle", reflect); // rows have come and gone

function reflect() {
  for (const all of document.querySelectorAll("[data-all]")) {
    const boxes = others(all);
    const ticked = boxes.filter((each) => each.checked).length;
    all.checked = ticked > 0 && ticked === boxes.length;
    all.indeterminate = 0 < ticked && !all.checked;
  }
}
