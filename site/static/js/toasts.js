/* Says on any page that an export or an import of this person has ended: its notice is fetched and appended to #notices,
   which screen readers read out. Pages that show it itself, [data-export="7"], say nothing, nor do those that will, lists of
   the newest ones [data-exports="organization"] (empty: of all): they have words of their own. Each is told once in a tab. */

const told = "told-notices"; // in the tab's own storage: a page that follows at once would hear it again

for (const noun of ["export", "import"]) {
  document.addEventListener(`roost:${noun}.changed`, async ({ detail: { ids, organization } }) => {
    const mine = ids.requester === Number(document.documentElement.dataset.userId);
    if (!mine || !["done", "failed"].includes(ids.status)) return;
    const name = `${noun}:${ids[noun]}:${ids.status}`;
    const before = (sessionStorage.getItem(told) ?? "").split(" ");
    if (before.includes(name)) return;
    sessionStorage.setItem(told, [...before, name].slice(-20).join(" "));
    const places = [`[data-${noun}="${ids[noun]}"]`, `[data-${noun}s="${organization}"]`, `[data-${noun}s=""]`];
    if (document.querySelector(places.join())) return;
    const address = `/${noun}s/${ids[noun]}/notice/`;
    const response = await fetch(address, { headers: { Accept: "text/html" } }).catch(() => null);
    if (!response?.ok || response.redirected) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    document.getElementById("notices").append(...page.body.children);
  });
}
