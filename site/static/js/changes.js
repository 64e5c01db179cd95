/* Tells, quietly, that others have changed tasks since the list of this page was made: in [data-changes="organization"]
   (empty: of any) a link appears that shows the list as it is now. Nothing moves under the reader's hands.

   The link has words of its own, for an unknown number of changes; those for a number are in data-words, each under a
   sample of the numbers that have the same plural form. */

const language = document.documentElement.lang;
const numbers = new Intl.NumberFormat(language);
const plurals = new Intl.PluralRules(language);
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
  const link = place.querySelector("a");
  if (link.hidden) changed = 0; // the list has been refreshed since
  changed += count;
  link.hidden = false;
  if (changed) link.textContent = inWords(JSON.parse(place.dataset.words), changed);
}

function inWords(words, number) {
  const sample = Object.keys(words).find((each) => plurals.select(Number(each)) === plurals.select(number)) ?? "100";
  return words[sample].replace("%(number)s", numbers.format(number));
}
