/* Opens the page of a link in a dialog: <a data-page-dialog href="…"> shows what that page has in [data-dialog-part].
   Whatever goes wrong, the link is followed as usual.

   A number of rows that takes long to count is told later: [data-rows-from="address"], in a dialog or on its page. */

tellRows(document);

document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-page-dialog]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  if (link.hasAttribute("aria-busy")) return;
  link.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(link.href, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const part = page.querySelector("[data-dialog-part]");
    if (!response.ok || response.redirected || !part) throw new Error(response.status);
    show(part);
  } catch {
    location.assign(link.href);
  } finally {
    link.removeAttribute("aria-busy");
  }
});

function show(part) {
  const dialog = document.createElement("dialog");
  dialog.append(document.importNode(part, true));
  const heading = dialog.querySelector("h1, h2");
  if (heading?.id) dialog.setAttribute("aria-labelledby", heading.id);
  dialog.querySelector("[data-dialog-close]")?.addEventListener("click", (event) => {
    event.preventDefault();
    dialog.close();
  });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  tellRows(dialog);
}

async function tellRows(root) {
  const place = root.querySelector("[data-rows-from]");
  if (!place) return;
  const response = await fetch(place.dataset.rowsFrom, { headers: { Accept: "application/json" } }).catch(() => null);
  const words = response?.ok ? (await response.json()).words : "";
  if (words) place.textContent = words;
}
