// Runs before the page is drawn: marks that scripts run, and applies the chosen theme without a flash.
(function (root) {
  root.classList.add("js");
  try {
    var theme = localStorage.getItem("pb-theme");
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  } catch (e) { /* storage is off: the system's scheme stands */ }
})(document.documentElement);
