// Runs before the page is drawn: marks that scripts run, and applies the chosen theme without a flash.
// A reader who begins at the top has the first screen first, what lies below right after it (site.js).
(function (root) {
  root.classList.add("js");
  var way = performance.getEntriesByType("navigation")[0];
  if (way && way.type === "navigate" && !location.hash) root.classList.add("later");
  try {
    var theme = localStorage.getItem("pb-theme");
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  } catch (e) { /* storage is off: the system's scheme stands */ }
})(document.documentElement);
