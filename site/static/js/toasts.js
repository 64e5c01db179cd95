/* Says on any page that an export of this person has ended: its notice is fetched and appended to #toasts, which screen
   readers read out. Pages that show the export itself, [data-export="7"], say nothing; each is told once in a tab. */

const told = "told-exports"; // in the tab's own storage: a page that follows at once would hear it again

document.addEventListener("roost:export.changed", async ({ detail: { ids } }) => {
  const mine = ids.requester === Number(document.documentElement.dataset.userId);
  if (!mine || !["done", "failed"].includes(ids.status)) return;
  const name = `${ids.export}:${ids.status}`;
  const before = (sessionStorage.getItem(told) ?? "").split(" ");
  if (before.includes(name)) return;
  sessionStorage.setItem(told, [...before, name].slice(-20).join(" "));
  if (document.querySelector(`[data-export="${ids.export}"]`)) return;
  const response = await fetch(`/exports/${ids.export}/notice/`, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!response?.ok || response.redirected) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  document.getElementById("toasts").append(...page.body.children);
});
