// Keeps an open page as fresh as the files it is made of. Tabs of one browser
// share one event stream: the tab that holds the lock listens and passes on.
(function () {
  "use strict";
  var own = "/.playbook/", mine = null, first = null, box = null;
  var talk = "BroadcastChannel" in window ? new BroadcastChannel("playbook-live") : null;

  function ask() {
    fetch(own + "state?path=" + encodeURIComponent(decodeURIComponent(location.pathname)), { cache: "no-store" })
      .then(function (r) { return r.json(); })
      .then(look, function () {});
  }

  function look(state) {
    if (first === null) {
      first = state.digest;
    } else if (state.digest !== first && (state.digest || first)) {
      if (state.digest) { location.reload(); return; }
    }
    swap(state.sheets);
    show(state);
  }

  function swap(sheets) {
    document.querySelectorAll('link[rel="stylesheet"]').forEach(function (link) {
      var url = new URL(link.href, location.href);
      var m = /^(.*?)\/?(assets\/.*)\.[0-9a-f]{10}(\.css)$/.exec(url.pathname);
      if (!m) return;
      var now = sheets[m[2] + m[3]];
      if (!now || url.pathname === m[1] + "/" + now) return;
      var next = link.cloneNode();
      next.href = m[1] + "/" + now;
      next.addEventListener("load", function () { link.remove(); });
      next.addEventListener("error", function () { next.remove(); });
      link.after(next);
    });
  }

  function show(state) {
    var errors = state.problems.length + state.elsewhere;
    if (!errors) { if (box) { box.remove(); box = null; } return; }
    if (!box) {
      box = document.createElement("aside");
      box.id = "playbook-problems";
      box.setAttribute("role", "status");
      document.body.append(box);
    }
    var folded = box.classList.contains("folded");
    box.textContent = "";
    var head = document.createElement("button");
    head.type = "button";
    head.textContent = state.problems.length
      ? state.problems.length + (state.problems.length === 1 ? " problem on this page" : " problems on this page")
      : state.elsewhere + (state.elsewhere === 1 ? " error on another page" : " errors on other pages");
    head.addEventListener("click", function () { box.classList.toggle("folded"); });
    box.append(head);
    state.problems.forEach(function (p) {
      var pre = document.createElement("pre");
      pre.className = p.level;
      pre.textContent = p.text;
      box.append(pre);
    });
    box.classList.toggle("folded", folded || !state.problems.some(function (p) { return p.level === "error"; }));
  }

  function listen(release) {
    var source = new EventSource(own + "events");
    source.onmessage = function (e) {
      if (mine !== null && e.data !== mine) { ask(); if (talk) talk.postMessage(e.data); }
      mine = e.data;
    };
    window.addEventListener("pagehide", function () { source.close(); if (release) release(); });
  }

  if (talk) talk.onmessage = ask;
  if (navigator.locks) {
    navigator.locks.request("playbook-live", function () {
      return new Promise(function (release) { listen(release); });
    });
  } else {
    listen();
  }
  // What happened while the page was kept for the back button.
  window.addEventListener("pageshow", function (e) { if (e.persisted) ask(); });
  ask();
})();
