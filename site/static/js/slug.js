/* Suggests a short name while somebody types the long one: <input data-slug-of="ID"> follows the field with that id
   until it is changed by hand. */

for (const slug of document.querySelectorAll("[data-slug-of]")) {
  const source = document.getElementById(slug.dataset.slugOf);
  let follows = slug.value === "";
  source.addEventListener("input", () => {
    if (!follows) return;
    slug.value = source.value
      .normalize("NFKD")
      .toLowerCase()
      .replace(/[^a-z0-9\s-]/g, "")
      .trim()
      .replace(/[\s-]+/g, "-")
      .slice(0, 50);
  });
  slug.addEventListener("input", () => {
    follows = slug.value === "";
  });
}
