// Keeps an open page as fresh as the files it is made of. Tabs of one browser
// share one event stream: the tab that holds the lock listens and passes on.
(function () {
  "use strict";
  var own = "/.playbook/";
  var first = document.currentScript.dataset.look; // what this page was when it was sent
  var told = null; // the newest version anyone told of
  var asking = false, box = null;
  var talk = "BroadcastChannel" in window ? new BroadcastChannel("playbook-live") : null;

  // hear is called with each version; what is known already is not asked again.
  function hear(version) {
    if (version === told) return;
    told = version;
    ask();
  }

  function ask() {
    if (asking) return; // its answer is compared with what was told meanwhile
    asking = true;
    fetch(own + "state?path=" + encodeURIComponent(location.pathname), { cache: "no-store" })
      .then(function (r) { return r.json(); })
      .then(function (state) {
        asking = false;
        look(state);
        if (told !== null && told !== state.version) { told = state.version; ask(); }
        told = state.version;
      }, function () { asking = false; told = null; });
  }

  // A page that is no more stays: what stands on it may still be wanted.
  function look(state) {
    if (state.digest && state.digest !== first) { location.reload(); return; }
    swap(state.sheets);
    show(state);
  }

  function swap(sheets) {
    document.querySelectorAll('link[rel="stylesheet"]:not([data-playbook-next])').forEach(function (link) {
      var url = new URL(link.href, location.href);
      var m = /^(.*?)\/?(assets\/.*)\.[0-9a-f]{10}(\.css)$/.exec(url.pathname);
      if (!m) return;
      var now = sheets[m[2] + m[3]];
      if (!now || url.pathname === m[1] + "/" + now) return;
      // The old one goes only when the new one is there, so nothing flickers.
      var next = link.playbookNext;
      if (!next) {
        next = link.playbookNext = link.cloneNode();
        next.dataset.playbookNext = "";
        next.addEventListener("load", function () { link.remove(); delete next.dataset.playbookNext; });
        next.addEventListener("error", function () { link.playbookNext = null; next.remove(); });
      }
      next.href = m[1] + "/" + now;
      if (!next.isConnected) link.after(next);
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
    if (state.stays) {
      var note = document.createElement("p");
      note.textContent = "The page is shown as it was before.";
      box.append(note);
    }
    state.problems.forEach(function (p) {
      var pre = document.createElement("pre");
      pre.className = p.level;
      pre.textContent = p.text;
      box.append(pre);
    });
    box.classList.toggle("folded", folded || !state.problems.some(function (p) { return p.level === "error"; }));
  }

  // listen returns a function that ends it. The browser comes back by itself
  // after a lost connection, but not after a refusal.
  function listen() {
    var source, timer;
    function open() {
      source = new EventSource(own + "events");
      source.onmessage = function (e) { hear(e.data); if (talk) talk.postMessage(e.data); };
      source.onerror = function () { if (source.readyState === EventSource.CLOSED) timer = setTimeout(open, 3000); };
    }
    open();
    return function () { clearTimeout(timer); source.close(); };
  }

  // join waits for its turn to listen, and leaves when the page is left.
  function join() {
    if (!navigator.locks) {
      window.addEventListener("pagehide", listen(), { once: true });
      return;
    }
    var gone = new AbortController();
    var leave = function () { gone.abort(); };
    window.addEventListener("pagehide", function () { leave(); }, { once: true });
    navigator.locks.request("playbook-live", { signal: gone.signal }, function () {
      return new Promise(function (release) {
        var stop = listen();
        leave = function () { stop(); release(); };
      });
    }).catch(function () {});
  }

  if (talk) talk.onmessage = function (e) { hear(e.data); };
  // A page that was kept for the back button comes back as it was.
  window.addEventListener("pageshow", function (e) { if (e.persisted) { join(); ask(); } });
  join();
  ask();
})();
