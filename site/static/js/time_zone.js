/* Chooses the browser's own time zone in a <select data-own-time-zone>. */

for (const select of document.querySelectorAll("select[data-own-time-zone]")) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const option = [...select.options].find((each) => each.value === zone);
  if (option) select.value = zone;
}
