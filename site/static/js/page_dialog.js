/* Shows what htmx puts into <dialog id="page-dialog">: the part [data-dialog-part] of the page that a link leads to. Where
   that page has none, the link is followed as usual. */

const dialog = document.getElementById("page-dialog");

document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (detail.target !== dialog) return;
  if (!dialog.firstElementChild) return location.assign(detail.pathInfo.requestPath);
  dialog.setAttribute("aria-labelledby", dialog.querySelector("h1, h2").id);
  dialog.showModal();
});

dialog.addEventListener("click", (event) => {
  if (!event.target.closest("[data-dialog-close]")) return;
  event.preventDefault();
  dialog.close();
});
dialog.addEventListener("close", () => dialog.replaceChildren());
