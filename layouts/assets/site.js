// What pages can do where scripts run: theme switch, menu, contents that follow, copying, tasks that
// remember, filters, freshness. Each part finds its own marks and does nothing without them.
(function () {
  "use strict";
  var doc = document, root = doc.documentElement;
  function all(sel, from) { return Array.prototype.slice.call((from || doc).querySelectorAll(sel)); }
  function one(sel, from) { return (from || doc).querySelector(sel); }
  function make(tag, props, kids) {
    var el = Object.assign(doc.createElement(tag), props);
    (kids || []).forEach(function (k) { el.append(k); });
    return el;
  }
  function store(key, value) {
    try {
      if (value === undefined) return localStorage.getItem(key);
      if (value === null) localStorage.removeItem(key); else localStorage.setItem(key, value);
    } catch (e) { /* storage is off: nothing is remembered */ }
    return null;
  }
  function fold(s) { return s.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase(); }

  // What lies below the first screen is laid out after that was drawn, a piece at a time, whenever nothing else
  // is to be done; all of it at once when a reader is about to do something.
  var pieces = root.classList.contains("later") ? all(".kind-plan > .part ~ *, .main > .home-part ~ *, .letter ~ .letter") : [];
  var lay = function (until) {
    while (pieces.length && performance.now() < until) {
      var piece = pieces.shift();
      piece.style.contentVisibility = "visible";
      if (until < Infinity) piece.offsetHeight; // now, and not with all others
    }
    if (!pieces.length) root.classList.remove("later");
    else if (window.requestIdleCallback) requestIdleCallback(layMore);
    else setTimeout(layMore, 30);
  };
  var layMore = function () { lay(performance.now() + 6); };
  if (pieces.length) {
    requestAnimationFrame(function () { setTimeout(layMore); });
    ["click", "keydown", "beforeprint"].forEach(function (e) { addEventListener(e, function () { lay(Infinity); }, { capture: true, once: true }); });
  } else root.classList.remove("later");

  // Theme: the button turns to the other one; turning back to the system's choice forgets it.
  var system = matchMedia("(prefers-color-scheme: dark)");
  all("[data-theme-switch]").forEach(function (b) {
    b.onclick = function () {
      var now = root.dataset.theme || (system.matches ? "dark" : "light"), next = now === "dark" ? "light" : "dark";
      var follow = next === (system.matches ? "dark" : "light");
      if (follow) delete root.dataset.theme; else root.dataset.theme = next;
      store("pb-theme", follow ? null : next);
    };
  });

  // Searching: its script comes when somebody is about to search.
  var finder = one("[data-find]"), found;
  if (finder) {
    var fetchFinder = function () {
      return found || (found = new Promise(function (done) {
        var s = make("script", { src: finder.dataset.script, onload: function () { done(window.pbSearch); } });
        doc.head.append(s);
      }));
    };
    var openFinder = function () { fetchFinder().then(function (f) { f.open(); }); };
    all("[data-find], [data-find-open]").forEach(function (b) {
      b.onclick = openFinder;
      b.onpointerenter = b.onfocus = fetchFinder;
    });
    doc.addEventListener("keydown", function (e) {
      var typing = e.target.closest && e.target.closest("input, textarea, select, [contenteditable]");
      if (e.key === "/" && !typing && !e.ctrlKey && !e.metaKey && !e.altKey || e.key.toLowerCase() === "k" && (e.ctrlKey || e.metaKey) && !e.shiftKey && !e.altKey) {
        e.preventDefault();
        openFinder();
      }
    });
    all("[data-find-here]").forEach(function (el) { fetchFinder().then(function (f) { f.mount(el); }); });
  }

  // Menu on narrow screens.
  var menu = one("[data-menu]");
  if (menu && !one(".sections") && !one(".side")) menu.remove();
  else if (menu) {
    var open = function (on) {
      root.classList.toggle("menu-open", on);
      menu.setAttribute("aria-expanded", on);
      if (on) scrollTo(0, 0);
    };
    menu.onclick = function () { open(!root.classList.contains("menu-open")); };
    doc.addEventListener("keydown", function (e) {
      if (e.key === "Escape" && root.classList.contains("menu-open")) { open(false); menu.focus(); }
    });
    matchMedia("(min-width: 60rem)").addEventListener("change", function () { open(false); });
  }

  // The line of this page in a long section comes into view.
  var side = one(".side"), here = side && one("[aria-current]", side);
  if (here && here.offsetTop > side.clientHeight * .8) side.scrollTop = here.offsetTop - side.clientHeight / 2;

  // Contents: the heading being read is marked.
  // On narrow screens a line under the header tells it, and folds when somebody has chosen or turns away.
  var lines = all(".toc a").map(function (a) {
    return { a: a, to: doc.getElementById(decodeURIComponent(a.hash.slice(1))) };
  }).filter(function (l) { return l.to; });
  var contents = one(".toc-fold");
  if (contents) doc.addEventListener("click", function (e) {
    if (!e.target.closest("summary") || !contents.contains(e.target)) contents.open = false;
  });
  if (lines.length && "IntersectionObserver" in window) {
    var spy = function () {
      var at = lines[0], best = -Infinity;
      if (scrollY > 0) lines.forEach(function (l) { // at the top there is nothing to measure
        var y = l.to.getBoundingClientRect().top;
        if (y < 120 && y > best) { best = y; at = l; }
      });
      lines.forEach(function (l) {
        if (l === at) l.a.setAttribute("aria-current", "location"); else l.a.removeAttribute("aria-current");
      });
      if (contents) one(".toc-here", contents).textContent = best > -Infinity ? at.a.textContent : "";
    };
    var waiting = false;
    addEventListener("scroll", function () {
      if (!waiting) { waiting = true; requestAnimationFrame(function () { waiting = false; spy(); }); }
    }, { passive: true });
    spy();
  }

  // Copying: code blocks, questions. The words come from the page, so that they are in its language.
  var words = one("[data-words]"), say = words ? words.dataset : {};
  function copier(label, text, quiet) {
    var b = make("button", { type: "button", className: "copy", textContent: label });
    if (quiet) b.setAttribute("aria-label", label + ": " + quiet);
    b.onclick = function () {
      var done = function () {
        b.textContent = say.sayCopied || "Copied";
        b.dataset.copied = "";
        setTimeout(function () { b.textContent = label; delete b.dataset.copied; }, 1600);
      };
      if (navigator.clipboard && window.isSecureContext) { navigator.clipboard.writeText(text()).then(done); return; }
      var t = make("textarea", { value: text() });
      doc.body.append(t); t.select();
      if (doc.execCommand("copy")) done();
      t.remove(); b.focus();
    };
    return b;
  }
  var copy = say.sayCopy || "Copy";
  all("pre").forEach(function (pre) {
    var box = make("div", { className: "has-copy" });
    pre.replaceWith(box);
    box.append(pre, copier(copy, function () { return pre.innerText; }));
  });
  all("[data-copy]").forEach(function (el) {
    var text = el.textContent.trim();
    el.append(copier(copy, function () { return text; }, text));
  });
  all("[data-copy-all]").forEach(function (el) {
    var texts = all("[data-copy]", el).map(function (q) { return q.firstChild.textContent.trim(); });
    (one(".card-tools", el) || one("h2", el)).append(copier(el.dataset.copyAll, function () { return texts.join("\n"); }));
  });

  // Practising: one item of a list at a time, what is marked as its answer covered until asked for. A button
  // before the list, or after the tools that stand there, so that none of them moves, begins it; space and enter do what the button in focus says, arrows leaf, escape ends.
  all("[data-practise]").forEach(function (list) {
    var kids = Array.prototype.slice.call(list.children).filter(function (k) { return one("[data-answer]", k); });
    if (kids.length < 2) return;
    var words = (list.dataset.practiseWords || "Show|Previous|Next|End").split("|"), at = 0;
    var button = function (text, run) { var b = make("button", { type: "button", className: "copy", textContent: text }); b.onclick = run; return b; };
    var count = make("span", { className: "filter-count" });
    count.setAttribute("role", "status");
    var open = function () { return !one("[data-answer]", kids[at]).hidden; };
    var show = function (i, uncovered) {
      at = Math.max(0, Math.min(kids.length - 1, i));
      Array.prototype.forEach.call(list.children, function (k) { k.hidden = k !== kids[at]; });
      one("[data-answer]", kids[at]).hidden = !uncovered;
      reveal.disabled = !!uncovered; prev.disabled = at === 0; next.disabled = at === kids.length - 1;
      count.textContent = (at + 1) + " / " + kids.length;
      (uncovered ? next.disabled ? end : next : reveal).focus({ preventScroll: true });
    };
    var stop = function () {
      Array.prototype.forEach.call(list.children, function (k) { k.hidden = false; });
      kids.forEach(function (k) { one("[data-answer]", k).hidden = false; });
      list.classList.remove("practising"); bar.hidden = true; start.hidden = false;
      start.focus();
    };
    var reveal = button(words[0], function () { show(at, true); });
    var prev = button(words[1], function () { show(at - 1); });
    var next = button(words[2], function () { show(at + 1); });
    var end = button(words[3], function () { stop(); });
    var bar = make("div", { className: "practise-bar", hidden: true }, [reveal, prev, next, end, count]);
    var start = button(list.dataset.practise, function () {
      list.classList.add("practising"); bar.hidden = false; start.hidden = true;
      show(0);
      if (list.getBoundingClientRect().bottom > innerHeight || list.getBoundingClientRect().top < 0) list.scrollIntoView({ block: "center" });
    });
    var box = make("div", { className: "practise" });
    var tools = list.previousElementSibling;
    if (tools && tools.matches(".card-tools")) tools.append(start); else list.before(start);
    list.replaceWith(box);
    box.append(list, bar);
    box.addEventListener("keydown", function (e) {
      if (bar.hidden || e.altKey || e.ctrlKey || e.metaKey) return;
      if (e.key === "ArrowRight" && at < kids.length - 1) show(at + 1);
      else if (e.key === "ArrowLeft" && at > 0) show(at - 1);
      else if (e.key === "ArrowDown" && !open()) show(at, true);
      else if (e.key === "Escape") stop();
      else return;
      e.preventDefault();
    });
    addEventListener("beforeprint", function () { if (!bar.hidden) stop(); });
  });

  // Printing. The paper says in its margin what it is, of when, and when it was printed: the page does not age on it as it does on a screen.
  addEventListener("beforeprint", function () {
    all("[data-printed]").forEach(function (el) {
      var version = one("[data-version]"), quote = function (s) { return '"' + s.replace(/\s+/g, " ").trim().replace(/["\\]/g, "\\$&") + '"'; };
      el.textContent = el.dataset.printed + " " + new Date().toLocaleDateString(root.lang || undefined, { dateStyle: "medium" });
      el.hidden = false;
      root.style.setProperty("--paper-name", quote(doc.title));
      root.style.setProperty("--paper-date", quote((version ? all("dt, dd", version).map(function (p) { return p.textContent; }).join(" ") + " · " : "") + el.textContent));
    });
  });
  addEventListener("afterprint", function () { all("[data-printed]").forEach(function (el) { el.hidden = true; }); });
  all("[data-print]").forEach(function (b) { b.onclick = function () { print(); }; });

  // Tasks: ticks are kept in this browser as differences from the page, by the task's words.
  all("[data-prose]").forEach(function (prose) {
    all(".task > input, .task > label > input, .task > p > input", prose).forEach(function (box) {
      var was = box.checked, item = box.closest(".task");
      var key = "pb-task:" + location.pathname + ":" + fold(item.textContent.trim()).slice(0, 120);
      var kept = store(key);
      box.disabled = false;
      if (kept !== null) box.checked = kept === "1";
      box.onchange = function () { store(key, box.checked === was ? null : box.checked ? "1" : "0"); };
    });
  });

  // Lists: filtered by words in any row and a choice for each facet, sorted by a column; all of it kept in the
  // address, so that what is seen can be sent to somebody.
  all("[data-listing]").forEach(function (list) {
    var body = one("tbody", list), rows = all("tr", body), form = one("form.filters", list), heads = all("thead th", list);
    var params = new URLSearchParams(location.hash.slice(1)), by = "";
    if (!form) return;
    rows.forEach(function (row, i) {
      row.at = i; row.text = fold(row.textContent); row.has = {};
      row.dataset.row.split("|").forEach(function (p) {
        var i = p.indexOf("=");
        if (i > 0 && i < p.length - 1) row.has[p.slice(0, i)] = p.slice(i + 1).split("¦");
      });
    });
    var find = form.elements.q, picks = all("select", form), count = one(".filter-count", form), clear = one("[type=reset]", form);
    find.value = params.get("q") || "";
    picks.forEach(function (p) {
      p.value = params.get(p.name) || "";
      if (p.selectedIndex < 0) p.value = "";
    });
    var run = function (e) {
      var q = fold(find.value.trim()), shown = 0, state = new URLSearchParams();
      rows.forEach(function (r) {
        var ok = r.text.indexOf(q) >= 0 && picks.every(function (p) { return !p.value || (r.has[p.name] || []).indexOf(p.value) >= 0; });
        r.hidden = !ok; shown += ok;
      });
      if (q) state.set("q", find.value.trim());
      picks.forEach(function (p) { p.classList.toggle("on", !!p.value); if (p.value) state.set(p.name, p.value); });
      count.textContent = shown < rows.length ? shown + " / " + rows.length : "";
      clear.hidden = shown === rows.length && !q;
      if (by) state.set("sort", by);
      if (e) history.replaceState(null, "", "#" + state);
    };
    // A first press sorts upwards, a second downwards, a third as it was.
    var order = new Intl.Collator(root.lang || undefined, { numeric: true, sensitivity: "base" });
    var sort = function (name, e) {
      var down = name.charAt(0) === "-", n = -1;
      heads.forEach(function (h, i) {
        h.removeAttribute("aria-sort");
        if (h.firstChild.name === name.replace(/^-/, "")) { n = i; h.setAttribute("aria-sort", down ? "descending" : "ascending"); }
      });
      by = n < 0 ? "" : name;
      var key = function (r) { var c = r.cells[n]; return c.dataset.sort || c.textContent.trim(); };
      rows.sort(function (a, b) {
        if (n < 0) return a.at - b.at;
        var x = key(a), y = key(b);
        if (!x || !y) return x ? -1 : y ? 1 : a.at - b.at; // what is not known comes last, either way
        return (down ? -1 : 1) * (a.cells[n].dataset.sort && !/-.*-/.test(x) ? x - y : order.compare(x, y)) || a.at - b.at;
      });
      rows.forEach(function (r) { body.append(r); });
      run(e);
    };
    heads.forEach(function (h) {
      var b = make("button", { type: "button", name: h.dataset.column }, Array.prototype.slice.call(h.childNodes));
      b.onclick = function (e) { sort(by === b.name ? "-" + b.name : by === "-" + b.name ? "" : b.name, e); };
      h.append(b);
    });
    find.oninput = run;
    picks.forEach(function (p) { p.onchange = run; });
    form.onsubmit = function (e) { e.preventDefault(); };
    form.onreset = function (e) { setTimeout(run, 0, e); };
    sort(params.get("sort") || "");
  });

  // The glossary: words filter as one types.
  all("[data-az]").forEach(function (az) {
    var form = one("form.filters", az), entries = all(".term-entry", az), letters = all(".letter", az), first = one(".disputed");
    if (!form) return;
    entries.forEach(function (el) { el.text = fold(el.textContent); });
    var find = form.elements.q, count = one(".filter-count", form);
    form.onsubmit = function (e) { e.preventDefault(); };
    find.oninput = function () {
      var q = fold(find.value.trim()), shown = 0;
      entries.forEach(function (el) { el.hidden = el.text.indexOf(q) < 0; shown += !el.hidden; });
      letters.forEach(function (l) {
        l.hidden = !one(".term-entry:not([hidden])", l);
        var to = one('.letters a[href="#' + CSS.escape(l.getAttribute("aria-labelledby")) + '"]', az);
        if (to) to.parentNode.hidden = l.hidden;
      });
      if (first) first.hidden = !!q;
      count.textContent = !q ? "" : shown ? shown + " / " + entries.length : az.dataset.none;
    };
  });

  // Words of the vocabulary: the card in the page opens over the link that a mouse rests on or the keyboard
  // reaches, and at a finger's first tap, which then goes nowhere; one at a time.
  if (doc.body.showPopover) {
    var shown = null, waits = 0, by = "";
    var hide = function () {
      clearTimeout(waits);
      if (shown) shown.card.hidePopover();
      shown = null;
    };
    var show = function (a, at) {
      var card = doc.getElementById(a.getAttribute("aria-describedby")), cards = one("[data-term-cards]");
      clearTimeout(waits);
      if (!card || !cards || shown && shown.a === a) return;
      hide();
      all(".hover-open", cards).forEach(function (go) { go.remove(); });
      if (by === "touch" || by === "pen") card.append(make("a", { className: "hover-open", href: a.href, textContent: cards.dataset.open }));
      card.showPopover();
      shown = { a: a, card: card };
      var lines = a.getClientRects(), r = lines[0]; // of a link over two lines, the one under the pointer
      Array.prototype.forEach.call(lines, function (l) { if (at && at.y >= l.top && at.y <= l.bottom) r = l; });
      var h = card.offsetHeight, y = r.bottom + 5;
      if (y + h > innerHeight - 8 && r.top - 5 - h > 8) y = r.top - 5 - h;
      card.style.left = scrollX + Math.max(8, Math.min(r.left - 12, root.clientWidth - card.offsetWidth - 8)) + "px";
      card.style.top = scrollY + y + "px";
      card.scrollTop = 0;
    };
    var wait = function (f, ms) { clearTimeout(waits); waits = setTimeout(f, ms); };
    var near = function (e, sel) { return e.target.closest && e.target.closest(sel); };
    var term = "a.term[aria-describedby]";
    doc.addEventListener("pointerover", function (e) {
      if (e.pointerType !== "mouse") return;
      var a = near(e, term);
      if (a) { by = "mouse"; wait(function () { show(a, { y: e.clientY }); }, 140); }
      else if (near(e, ".hover")) clearTimeout(waits);
      else if (shown && doc.activeElement !== shown.a) wait(hide, 220);
      else clearTimeout(waits);
    });
    root.addEventListener("pointerleave", function () { wait(hide, 220); });
    doc.addEventListener("pointerdown", function (e) { by = e.pointerType; });
    doc.addEventListener("focusin", function (e) {
      var a = near(e, term);
      if (a && a.matches(":focus-visible")) show(a);
      else if (!near(e, ".hover") && by !== "touch") hide();
    });
    doc.addEventListener("focusout", function (e) { if (shown && e.target === shown.a && !e.relatedTarget) hide(); });
    doc.addEventListener("click", function (e) {
      var a = near(e, term);
      if (!a && !near(e, ".hover")) hide();
      else if (a && (by === "touch" || by === "pen") && !(shown && shown.a === a)) { e.preventDefault(); show(a, { y: e.clientY }); }
    });
    doc.addEventListener("keydown", function (e) {
      if (e.key === "Escape" && shown) {
        if (shown.card.contains(doc.activeElement)) shown.a.focus();
        hide();
      } else by = "";
    });
    addEventListener("resize", hide);
  }

  // Forms that calculate: each output has an expression of the form's inputs in data-expr, with + - * / ( ),
  // and max, min, round, ceil, floor; what cannot be known is shown as a dash.
  all("form[data-calc]").forEach(function (form) {
    var known = { max: Math.max, min: Math.min, ceil: Math.ceil, floor: Math.floor, round: function (x, n) { var p = Math.pow(10, n || 0); return Math.round(x * p) / p; } };
    var compile = function (text) {
      var parts = text.match(/[A-Za-z_]+|[0-9.]+|[-+*/(),]/g) || [], at = 0;
      var next = function (t) { return parts[at] === t && ++at; };
      var term = function () {
        var t = parts[at++], args = [];
        if (t === "(") { args = sum(); next(")"); return args; }
        if (t === "-") { args = term(); return function (v) { return -args(v); }; }
        if (!/^[A-Za-z_]/.test(t)) return function () { return parseFloat(t); };
        if (!next("(")) return function (v) { return v(t); };
        do args.push(sum()); while (next(","));
        next(")");
        return function (v) { return known[t].apply(null, args.map(function (a) { return a(v); })); };
      };
      var product = function () {
        var left = term();
        for (var op; (op = next("*") ? "*" : next("/") ? "/" : "");) left = join(op, left, term());
        return left;
      };
      var join = function (op, a, b) {
        return function (v) { var x = a(v), y = b(v); return op === "*" ? x * y : op === "/" ? x / y : op === "+" ? x + y : x - y; };
      };
      var sum = function () {
        var left = product();
        for (var op; (op = next("+") ? "+" : next("-") ? "-" : "");) left = join(op, left, product());
        return left;
      };
      return sum();
    };
    var outs = all("output[data-expr]", form).map(function (o) { return { el: o, f: compile(o.dataset.expr) }; });
    var write; // made when something is to be written: it takes a phone a tenth of a second
    var show = function () {
      write = write || new Intl.NumberFormat(form.dataset.lang || undefined, { maximumFractionDigits: 2 });
      outs.forEach(function (o) {
        var x = o.f(function (name) { var i = form.elements[name]; return i && i.value !== "" ? parseFloat(i.value) : NaN; });
        o.el.textContent = isFinite(x) ? write.format(x) : "–";
      });
    };
    // Each number can also be drawn, up to twice what the page says, a share up to all.
    all("input", form).forEach(function (i) {
      var v = parseFloat(i.value), top = v <= 1 ? 1 : v * 2;
      if (!v) return;
      var slide = make("input", { type: "range", min: 0, max: top, step: top / 200, defaultValue: v, tabIndex: -1 });
      slide.setAttribute("aria-hidden", "true"); // the number says and takes the same
      slide.oninput = function () { i.value = +parseFloat(slide.value).toPrecision(4); };
      i.addEventListener("input", function () { slide.value = i.value; });
      i.after(slide);
    });
    form.addEventListener("input", show);
    form.addEventListener("reset", function () { setTimeout(show, 0); });
    form.addEventListener("submit", function (e) { e.preventDefault(); });
    if (outs.some(function (o) { return !o.el.textContent; })) show();
  });

  // Freshness: a page turns stale by its own dates, without being built again.
  all("[data-due]").forEach(function (el) {
    if (!(Date.now() - Date.parse(el.dataset.due) > 864e5)) return;
    el.dataset.tone = "warn";
    if (el.dataset.stale) el.textContent = el.dataset.stale;
  });
})();
