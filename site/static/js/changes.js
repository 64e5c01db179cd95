/* Tells, quietly, that others have changed tasks since the list of this page was made: in [data-changes="organization"]
   (empty: of any) a link appears that shows the list as it is now. Nothing moves under the reader's hands. */

const numbers = new Intl.NumberFormat("en");
let changed = 0;

document.addEventListener("roost:task.changed", ({ detail }) => {
  // What this person does in the background comes later than the page that follows it.
  if (!detail.mine || detail.ids.bulk_edit) tell(detail.organization, detail.ids.count ?? 1);
});
document.addEventListener("roost:reset", () => tell(null, 0));

function tell(organization, count) {
  const place = document.querySelector("[data-changes]");
  const mine = place?.dataset.changes;
  if (!place || (mine && organization && Number(mine) !== organization)) return;
  changed += count;
  const link = place.querySelector("a");
  link.hidden = false;
  link.textContent = changed
    ? `${numbers.format(changed)} ${changed === 1 ? "change" : "changes"}, show`
    : "This list has changed, show";
}
