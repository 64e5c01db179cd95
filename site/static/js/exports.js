/* Keeps exports up to date: asks for the JSON of each unfinished [data-export] once a second (the browser adds
   If-None-Match, so that an unchanged one costs a 304) and moves its bar; once one has changed its status, the part
   [data-live="address"] is fetched anew from there, and data-live-says is said. While the tab is hidden nothing is
   asked. What is counted are rows, or data-unit. */

const EVERY = 1000; // milliseconds
const numbers = new Intl.NumberFormat("en");
const first = new Map(); // by address: the progress and the time of the first answer of this attempt

async function look() {
  if (document.hidden) return;
  let changed = false;
  for (const element of document.querySelectorAll("[data-export]")) {
    const response = await fetch(element.dataset.export, {
      headers: { Accept: "application/json" },
      cache: "no-cache",
    });
    if (!response.ok) changed = true;
    else if (!show(element, await response.json())) changed = true;
  }
  if (changed) await renew();
}

/* Returns false where the status is another one than the page tells. */
function show(element, job) {
  if (job.status !== element.dataset.status) return false;
  if (job.status !== "running" || !job.total) return true;
  const bar = element.querySelector("progress");
  bar.max = job.total;
  bar.value = job.progress;
  const unit = element.dataset.unit ?? "rows";
  element.querySelector("[data-rows]").textContent =
    `${numbers.format(job.progress)} of ${numbers.format(job.total)} ${unit}`;
  const words = speed(element.dataset.export, job, unit);
  if (words) element.querySelector("[data-rate]").textContent = words;
  return true;
}

function speed(address, job, unit) {
  const now = performance.now();
  const start = first.get(address);
  if (!start || start.attempt !== job.started_at) {
    first.set(address, { attempt: job.started_at, progress: job.progress, time: now });
    return "";
  }
  const rate = ((job.progress - start.progress) / (now - start.time)) * 1000;
  if (!(rate >= 1)) return "";
  const left = Math.ceil((job.total - job.progress) / rate);
  return `${numbers.format(Math.round(rate))} ${unit}/s, ${duration(left)} left`;
}

function duration(seconds) {
  return seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}

async function renew() {
  const live = document.querySelector("[data-live]");
  const response = await fetch(live.dataset.live, { headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.querySelector("[data-live]");
  if (!response.ok || !fresh) {
    location.assign(live.dataset.live);
    return;
  }
  const focused = document.activeElement?.id;
  live.replaceWith(document.importNode(fresh, true));
  if (focused) document.getElementById(focused)?.focus();
  document.querySelector("[data-live-words]").textContent = fresh.dataset.liveSays;
}

async function follow() {
  try {
    await look();
  } catch {
    // The network is away: the next look may find it again.
  }
  if (document.querySelector("[data-export]")) setTimeout(follow, EVERY);
}

follow();
