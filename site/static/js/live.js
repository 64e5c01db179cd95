/* Keeps the part [data-live="address"] of a page up to date as long as it says data-busy: fetches the page from there
   every two seconds, and puts its part in place where that has changed; when it is no longer busy, data-live-says is
   said. While the tab is hidden nothing is asked. */

const EVERY = 2000; // milliseconds

async function renew() {
  const live = document.querySelector("[data-live][data-busy]");
  if (!live) return false;
  if (document.hidden) return true;
  const response = await fetch(live.dataset.live, { headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.querySelector("[data-live]");
  if (!response.ok || !fresh) {
    location.assign(live.dataset.live);
    return false;
  }
  if (fresh.isEqualNode(live)) return true;
  const focused = document.activeElement?.id;
  live.replaceWith(document.importNode(fresh, true));
  if (focused) document.getElementById(focused)?.focus();
  const busy = "busy" in fresh.dataset;
  if (!busy) document.querySelector("[data-live-words]").textContent = fresh.dataset.liveSays;
  return busy;
}

async function follow() {
  let busy = true;
  try {
    busy = await renew();
  } catch {
    // The network is away: the next look may find it again.
  }
  if (busy) setTimeout(follow, EVERY);
}

setTimeout(follow, EVERY);
