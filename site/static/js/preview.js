/* Shows what a text will look like while it is written: <form data-preview="ID"> has a button named "preview", whose
   answer is this page with the preview in #ID. Without this script the button goes there; with it the page stays. */

for (const form of document.querySelectorAll("form[data-preview]")) {
  const button = form.querySelector("button[name=preview]");
  const section = document.getElementById(form.dataset.preview);
  const patience = 400; // milliseconds without a key
  let timer;
  let asked;

  async function show() {
    asked?.abort();
    asked = new AbortController();
    const data = new FormData(form, button);
    const response = await fetch(form.action, { method: "POST", body: data, signal: asked.signal });
    if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    section.replaceChildren(...page.getElementById(section.id).childNodes);
    section.hidden = false;
  }

  button.addEventListener("click", async (event) => {
    event.preventDefault();
    try {
      await show();
      section.scrollIntoView({ block: "nearest" });
    } catch (error) {
      if (error.name !== "AbortError") form.requestSubmit(button);
    }
  });

  form.addEventListener("input", () => {
    clearTimeout(timer);
    // A preview that could not be had now comes with the next key, or with the button.
    if (!section.hidden) timer = setTimeout(() => show().catch(() => {}), patience);
  });
}
