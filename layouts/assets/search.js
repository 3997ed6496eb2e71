// Searching, in the browser and nowhere else. The index lies in pieces beside the pages: a head, shards of
// words, blocks of pages; each is a script that calls pbFound, so that a folder on a disk will do as well as
// a server. generator/search says what is in them. This file is loaded when somebody wants to search.
(function () {
  "use strict";
  var doc = document, button = doc.querySelector("[data-find]"), at = button.dataset.find, root = button.dataset.root;
  var say = button.dataset.say.split("|"); // Search, No results, results, Opened last, cannot be searched, All results, Clear
  var most = 24, letters = 24;

  // Words, as generator/search/words.go takes them apart.
  var swap = { "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l", "ς": "σ" };
  function fold(s) { return s.normalize("NFKD").toLowerCase().normalize("NFKD").replace(/[\p{M}\p{Cf}]/gu, "").replace(/[ßæœøđłς]/g, function (c) { return swap[c]; }); }
  var dense = /[ー\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]+/u;
  function words(text) {
    var out = [];
    (fold(text).match(/[\p{L}\p{N}]+/gu) || []).forEach(function (run) {
      while (run) {
        var m = dense.exec(run), head = m ? run.slice(0, m.index) : run;
        var chars = Array.from(head);
        if (chars.length > 1) out.push(chars.slice(0, letters).join(""));
        if (!m) return;
        chars = Array.from(m[0]);
        if (chars.length === 1) out.push(chars[0]);
        for (var i = 0; i + 1 < chars.length; i++) out.push(chars[i] + chars[i + 1]);
        run = run.slice(m.index + m[0].length);
      }
    });
    return out;
  }
  function whole(prefix, text) { // as joined in generator/book/search.go
    var out = prefix, size = new TextEncoder();
    words(text).forEach(function (w) {
      if (out.length > prefix.length) out += "-";
      if (size.encode(out).length < 100) out += w;
    });
    return out;
  }

  // Pieces.
  var pieces = {}, waiting = {}, head = null;
  window.pbFound = function (name, stamp, data) { if (waiting[name]) waiting[name](stamp, data); };
  function load(name, stamp, again) {
    return pieces[name] || (pieces[name] = new Promise(function (done, fail) {
      var s = doc.createElement("script");
      var end = function (f, x) { clearTimeout(late); delete waiting[name]; s.remove(); f(x); };
      var late = setTimeout(function () { end(fail, new Error(name)); }, 20000);
      waiting[name] = function (got, data) { if (stamp && got !== stamp) end(fail, "stale"); else end(done, data); };
      s.onerror = function () { end(fail, new Error(name)); };
      s.onload = function () { if (waiting[name]) end(fail, new Error(name)); };
      s.src = at + name + ".js" + (stamp ? "?v=" + stamp : again ? "?v=" + Date.now() : "");
      doc.head.append(s);
    }));
  }
  function start(again) {
    return load("head", "", again).then(function (h) { head = h; return h; });
  }
  // By code points, as the index is sorted.
  function before(a, b) {
    for (var i = 0; i < a.length && i < b.length; i++) {
      var x = a.charCodeAt(i), y = b.charCodeAt(i);
      if (x !== y) {
        if (x >= 0xd800 && y >= 0xd800) { x += x >= 0xe000 ? -0x800 : 0x2000; y += y >= 0xe000 ? -0x800 : 0x2000; }
        return x < y;
      }
    }
    return a.length < b.length;
  }
  function fileOf(key) {
    return "w-" + Array.from(new TextEncoder().encode(key), function (c) {
      return c >= 97 && c <= 122 || c >= 48 && c <= 57 ? String.fromCharCode(c) : "_" + (c < 16 ? "0" : "") + c.toString(16);
    }).join("");
  }
  // A shard's words: {w, tail, base, n, list}; what is damaged ends it.
  function unpack(text) {
    var raw = atob(text), b = new Uint8Array(raw.length), i = 0, out = [], last = new Uint8Array(0), read = new TextDecoder();
    for (; i < raw.length; i++) b[i] = raw.charCodeAt(i);
    i = 0;
    var number = function () {
      var x = 0, k = 1, c;
      do { c = b[i++]; x += (c & 127) * k; k *= 128; } while (c > 127);
      return x;
    };
    while (i < b.length) {
      var keep = number(), more = number(), w = new Uint8Array(keep + more);
      if (!(keep <= last.length && i + more < b.length)) throw new Error("damaged");
      w.set(last.subarray(0, keep)); w.set(b.subarray(i, i + more), keep); last = w; i += more;
      var family = b[i++], n = number(), size = number(), word = read.decode(w);
      if (!(size <= b.length - i)) throw new Error("damaged");
      out.push({ w: word, base: word.slice(0, word.length - (family & 7)) + (family & 8 ? "/y" : family & 16 ? "/e" : ""), n: n, list: b.subarray(i, i + size) });
      i += size;
    }
    return out;
  }
  var shards = {};
  function shard(i) {
    return shards[i] || (shards[i] = load(fileOf(head.keys[i]), head.words.slice(4 * i, 4 * i + 4)).then(unpack));
  }
  // All words that begin so, of at most so many shards.
  function range(prefix, limit) {
    var lo = 0, hi = head.keys.length;
    while (lo < hi) { var mid = (lo + hi) >> 1; if (before(prefix, head.keys[mid])) hi = mid; else lo = mid + 1; }
    var from = Math.max(0, lo - 1), get = [shard(from)];
    if (!head.keys.length) return Promise.resolve([]);
    for (var i = from + 1; i < head.keys.length && head.keys[i].startsWith(prefix); i++) {
      if (get.length >= limit) break;
      get.push(shard(i));
    }
    return Promise.all(get).then(function (all) { return all.flat().filter(function (e) { return e.w.startsWith(prefix); }); });
  }

  // One edit apart: a letter more, less, other, or two changed about.
  function near(a, b) {
    if (Math.abs(a.length - b.length) > 1) return false;
    var i = 0, j = 0;
    while (i < a.length && i < b.length && a[i] === b[i]) i++;
    while (j < a.length - i && j < b.length - i && a[a.length - 1 - j] === b[b.length - 1 - j]) j++;
    var x = a.length - i - j, y = b.length - i - j;
    return x <= 1 && y <= 1 || x === 2 && y === 2 && a[i] === b[i + 1] && a[i + 1] === b[i];
  }
  // What a typed word stands for: [word of the index, how much it counts].
  function meant(word, last) {
    var short = dense.test(word) || word.length < 4;
    return range(short ? word : word.slice(0, Math.max(3, word.length - 3)), 4).then(function (all) {
      var out = new Map(), put = function (e, f) { if (!(out.get(e) >= f)) out.set(e, f); };
      var kin = function (base, f) { all.forEach(function (e) { if (e.base === base) put(e, f); }); };
      var exact = all.find(function (e) { return e.w === word; });
      if (exact) { put(exact, 1); kin(exact.base, .95); }
      for (var k = 0; !exact && !out.size && !short && k <= 3 && word.length - k > 2; k++) {
        var cut = word.slice(0, word.length - k);
        all.forEach(function (e) { if (e.base.split("/")[0] === cut && (k > 0 || e.w !== cut) && /^(|e?s|e?d|ing|e|n|er?n?)$/.test(word.slice(cut.length))) put(e, .9); });
      }
      if (last) all.filter(function (e) { return e.w !== word && e.w.startsWith(word); }).sort(function (a, b) { return b.n - a.n || (before(a.w, b.w) ? -1 : 1); }).slice(0, 12)
        .forEach(function (e) { put(e, .5 + .4 * word.length / e.w.length); });
      return out;
    }).then(function (out) {
      if (out.size || word.length < 4 || dense.test(word)) return out;
      var close = function (all) { all.forEach(function (e) { if (!/[:=]/.test(e.w) && (near(word, e.w) || last && e.w.length > word.length && near(word, e.w.slice(0, word.length)))) out.set(e, near(word, e.w) ? .6 : .45); }); return out; };
      return range(word.slice(0, 2), 6).then(close).then(function () {
        if (out.size) return out;
        // The first two letters may be the wrong ones: changed about, one left out, one too many, another one.
        var heads = [word[1] + word[0], word.slice(1, 3), word[0] + word[2], word[0]];
        return Promise.all(heads.map(function (h) { return range(h, h.length > 1 ? 2 : 4); })).then(function (all) { all.forEach(close); return out; });
      });
    });
  }
  function facet(word) {
    return range(word, 2).then(function (all) {
      var e = all.find(function (e) { return e.w === word; }), out = new Map();
      if (e) out.set(e, 1); else all.slice(0, 12).forEach(function (e) { out.set(e, 1); });
      return out;
    });
  }
  function each(list, f) {
    for (var i = 0, n = 0; i < list.length;) {
      var x = 0, k = 1, c;
      do { c = list[i++]; x += (c & 127) * k; k *= 128; } while (c > 127);
      n += x;
      f(n, list[i] >> 4, list[i] & 15);
      i++;
    }
  }

  // search returns what is found, best first: the list of all, and the first hits with what is shown of them.
  function search(query) {
    var filters = [];
    var text = query.replace(/([\p{L}][\p{L}\p{N}_-]*):("[^"]*"?|[^\s"]+)/gu, function (m, name, value) {
      filters.push(whole(fold(name) + ":", value.replace(/"/g, "")));
      return " ";
    });
    var typed = words(text), ends = /[\p{L}\p{N}]$/u.test(text);
    typed = typed.filter(function (w, i) { return typed.indexOf(w) === i; }).slice(0, 12);
    if (!typed.length && !filters.length) return Promise.resolve({ total: 0, hits: [], shown: [] });
    return Promise.all([
      Promise.all(typed.map(function (w, i) { return meant(w, ends && i === typed.length - 1); })),
      Promise.all(filters.map(facet))
    ]).then(function (r) {
      return named(text, r[0], ends).then(function (names) { r.push(names); return r; });
    }).then(function (r) {
      var scores = new Map(), shown = [];
      r[0].forEach(function (out, i) {
        var here = new Map();
        out.forEach(function (f, e) {
          shown.push(e.w);
          var idf = Math.log(1 + head.pages / e.n) * f;
          each(e.list, function (n, impact, part) {
            var s = idf * impact, had = here.get(n);
            if (!had || had[0] < s) here.set(n, [s, part, impact]);
          });
        });
        here.forEach(function (x, n) {
          var s = scores.get(n);
          if (!s) scores.set(n, s = { n: n, score: 0, count: 0, parts: {} });
          s.score += x[0]; s.count++;
          s.parts[x[1]] = (s.parts[x[1]] || 0) + x[0];
        });
      });
      r[1].forEach(function (out) {
        var ok = new Set();
        out.forEach(function (f, e) { each(e.list, function (n) { ok.add(n); }); });
        if (!typed.length && !scores.size) ok.forEach(function (n) { scores.set(n, { n: n, score: 0, count: 0, parts: {} }); });
        scores.forEach(function (s, n) { if (!ok.has(n)) scores.delete(n); });
      });
      r[2].forEach(function (f, e) {
        each(e.list, function (n, impact, part) {
          var s = scores.get(n);
          if (!s) return;
          s.bonus = Math.max(s.bonus || 0, (impact > 9 ? 1000 : 300) * f);
          if (impact <= 9) s.parts[part] = 1e9;
        });
      });
      var list = Array.from(scores.values());
      list.forEach(function (s) {
        if (typed.length) s.score *= Math.pow(s.count / typed.length, 2);
        s.score += s.bonus || 0;
        s.part = +Object.keys(s.parts).sort(function (a, b) { return s.parts[b] - s.parts[a]; })[0] || 0;
      });
      list.sort(function (a, b) { return b.score - a.score || a.n - b.n; });
      return { total: list.length, list: list, hits: list.slice(0, most), shown: shown, typed: typed };
    }).then(fill);
  }
  // Whole names and headings that are what is typed, or what that stands for, or that begin so while one
  // types: each with how surely.
  function named(text, meanings, typing) {
    var ways = [["", 1]], all = words(text), out = new Map();
    if (!all.length || all.length > 6) ways = [];
    all.forEach(function (w, i) {
      var kinds = [[w, 1]], at = meanings.length === all.length ? meanings[i] : new Map();
      Array.from(at).sort(function (a, b) { return b[1] - a[1]; }).slice(0, 5).forEach(function (x) { if (x[0].w !== w) kinds.push([x[0].w, x[1]]); });
      ways = ways.flatMap(function (way) { return kinds.map(function (k) { return [way[0] + (way[0] && "-") + k[0], way[1] * k[1]]; }); })
        .sort(function (a, b) { return b[1] - a[1]; }).slice(0, 16);
    });
    return Promise.all(ways.map(function (way) {
      return range("=" + way[0], 1).then(function (list) {
        list.filter(function (e) { return e.w === "=" + way[0] || typing && way[1] === 1; }).slice(0, 12).forEach(function (e) {
          out.set(e, Math.max(out.get(e) || 0, way[1] * (e.w === "=" + way[0] ? 1 : .3 + .4 * (way[0].length + 1) / e.w.length)));
        });
      });
    })).then(function () { return out; });
  }
  function fill(found) {
    return Promise.all((found.hits || []).map(function (h) {
      var k = h.n >> head.shift;
      return load("p-" + k, head.blocks.slice(4 * k, 4 * k + 4)).then(function (pages) {
        var p = pages.find(function (p) { return p[0] === h.n; }) || [];
        h.url = p[1]; h.title = p[2]; h.kind = p[3]; h.section = p[4]; h.text = p[5]; h.names = p[6] || []; h.heads = p[7] || [];
      });
    })).then(function () {
      found.hits = found.hits.filter(function (h) { return h.url !== undefined; });
      return found;
    });
  }
  function ask(query, again) {
    return (head ? Promise.resolve() : start(again)).then(function () { return search(query); }).catch(function (e) {
      if (again) throw e; // the index was put in place anew while we read: from the beginning, once
      pieces = {}; shards = {}; head = null;
      return ask(query, true);
    });
  }

  // What is shown.
  function make(tag, props, kids) {
    var el = Object.assign(doc.createElement(tag), props);
    (kids || []).forEach(function (k) { if (k) el.append(k); });
    return el;
  }
  // A text with the words that were found marked.
  function marked(text, found) {
    var out = doc.createDocumentFragment(), at = 0, re = /[\p{L}\p{N}][\p{L}\p{N}\p{M}]*/gu;
    var hit = function (w) {
      w = fold(w);
      return found.shown.indexOf(w) >= 0 || found.typed.some(function (t) { return dense.test(t) && w.indexOf(t) >= 0; });
    };
    for (var m; (m = re.exec(text));) if (hit(m[0])) {
      out.append(text.slice(at, m.index), make("mark", { textContent: m[0] }));
      at = m.index + m[0].length;
    }
    out.append(text.slice(at));
    return out;
  }
  function icon(kind) {
    var k = head.kinds[kind], el = make("span", { className: "mark" });
    if (!k) return null;
    el.dataset.hue = k[1] === "" ? "none" : k[1] - k[1] % 15;
    el.setAttribute("aria-hidden", "true");
    el.innerHTML = '<svg class="icon" viewBox="0 0 24 24" width="20" height="20" focusable="false">' + k[2] + "</svg>"; // the theme's own
    return el;
  }
  var count = 0;
  function remember(h) {
    try {
      var list = JSON.parse(localStorage.getItem("pb-found") || "[]").filter(function (x) { return x[0] !== h.url; });
      localStorage.setItem("pb-found", JSON.stringify([[h.url, h.title, h.kind]].concat(list).slice(0, 6)));
    } catch (e) { /* storage is off: nothing is remembered */ }
  }
  function remembered() {
    try { return JSON.parse(localStorage.getItem("pb-found") || "[]").filter(function (x) { return typeof x[0] === "string" && !/^[a-z]+:|^\//i.test(x[0]); }); } catch (e) { return []; }
  }

  // A box to search in: an input, and what is found below it. close is called when a hit was opened in place.
  function box(query, changed) {
    var id = "pb-find-" + ++count, hits = [], here = -1, turn = 0;
    var input = make("input", { type: "search", className: "find-input", autocomplete: "off", spellcheck: false, placeholder: say[0], value: query || "" });
    var list = make("div", { id: id, className: "find-list" }), status = make("p", { className: "find-status" });
    input.setAttribute("role", "combobox"); input.setAttribute("aria-label", say[0]); input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-controls", id); input.setAttribute("aria-expanded", "false");
    list.setAttribute("role", "listbox"); list.setAttribute("aria-label", say[2]); list.hidden = true;
    status.setAttribute("role", "status");
    var el = make("div", { className: "find-box" }, [make("div", { className: "find-line" }, [input]), status, list]);
    var choose = function (i) {
      if (hits[here]) hits[here].el.setAttribute("aria-selected", "false");
      here = hits.length ? (i + hits.length) % hits.length : -1;
      if (here < 0) { input.removeAttribute("aria-activedescendant"); return; }
      hits[here].el.setAttribute("aria-selected", "true");
      hits[here].el.scrollIntoView({ block: "nearest" });
      input.setAttribute("aria-activedescendant", hits[here].el.id);
    };
    var option = function (h, kids) {
      var part = h.part > 0 && h.heads && h.heads[2 * h.part - 2] ? "#" + encodeURIComponent(h.heads[2 * h.part - 2]) : "";
      h.el = make("a", { id: id + "-" + hits.length, className: "hit", href: root + h.url + part, tabIndex: -1 }, kids);
      h.el.setAttribute("role", "option"); h.el.setAttribute("aria-selected", "false");
      h.el.addEventListener("click", function () { remember(h); if (el.onopened) el.onopened(); });
      h.el.addEventListener("pointermove", function () { if (hits[here] !== h) choose(hits.indexOf(h)); });
      hits.push(h);
      return h.el;
    };
    var group = function (title, mark, kids) {
      var g = make("div", { className: "hits" }), name = make("div", { className: "hits-name", id: id + "-g" + hits.length }, [mark, title]);
      g.setAttribute("role", "group"); g.setAttribute("aria-labelledby", name.id);
      g.append(name); kids.forEach(function (k) { g.append(k); });
      list.append(g);
    };
    var clear = function () { list.textContent = ""; hits = []; here = -1; };
    var opened = function (on) { list.hidden = !on; input.setAttribute("aria-expanded", on ? "true" : "false"); if (!on) input.removeAttribute("aria-activedescendant"); };
    var show = function (found) {
      clear();
      // Groups stand in the order of their best hits, a word's meaning before all.
      var groups = [];
      found.hits.forEach(function (h) {
        var g = groups.find(function (g) { return g.kind === h.kind; });
        if (!g) groups.push(g = { kind: h.kind, hits: [] });
        g.hits.push(h);
      });
      var terms = function (g) { var k = head.kinds[g.kind]; return k && k[3] && g.hits[0].bonus >= 1000 ? 0 : 1; };
      groups.sort(function (a, b) { return terms(a) - terms(b); });
      groups.forEach(function (g) {
        var k = head.kinds[g.kind];
        group(k ? k[0] : head.sections[g.hits[0].section] || say[2], icon(g.kind), g.hits.map(function (h) {
          var heading = h.part > 0 && h.heads[2 * h.part - 1];
          return option(h, [make("span", { className: "hit-title" }, [marked(h.title, found)]),
            h.names.length ? make("span", { className: "hit-names" }, [marked(h.names.join(", "), found)]) : null,
            heading ? make("span", { className: "hit-heading" }, [marked(heading, found)]) : null,
            h.text ? make("span", { className: "hit-text" }, [marked(h.text, found)]) : null]);
        }));
      });
      status.textContent = found.total ? found.total + " " + say[2] : say[1];
      opened(hits.length > 0);
      if (hits.length) choose(0);
      if (el.onfound) el.onfound(found);
    };
    var run = function () {
      var now = ++turn, q = input.value;
      if (changed) changed(q);
      if (!q.trim()) {
        clear();
        status.textContent = "";
        var old = remembered();
        if (old.length) (head ? Promise.resolve() : start()).then(function () {
          if (now !== turn) return;
          group(say[3], null, old.map(function (x) { return option({ url: x[0], title: x[1], kind: x[2] }, [make("span", { className: "hit-title" }, [icon(x[2]), x[1]])]); }));
          opened(true);
        }).catch(function () {}); else opened(false);
        return;
      }
      ask(q).then(function (found) { if (now === turn) show(found); }, function () {
        if (now !== turn) return;
        clear(); opened(false);
        status.textContent = say[4];
        pieces = {}; shards = {}; head = null;
      });
    };
    input.addEventListener("input", run);
    input.addEventListener("keydown", function (e) {
      if (e.isComposing) return;
      if (e.key === "ArrowDown") choose(here + 1);
      else if (e.key === "ArrowUp") choose(here < 0 ? hits.length - 1 : here - 1);
      else if (e.key === "Enter" && hits[here]) {
        if (e.ctrlKey || e.metaKey) { remember(hits[here]); open(hits[here].el.href); } else hits[here].el.click();
      } else if (e.key === "Escape" && el.onescape) el.onescape(); // it would only empty the input
      else return;
      e.preventDefault();
    });
    el.input = input; el.run = run;
    return el;
  }

  var dialog = null;
  window.pbSearch = {
    words: words, ask: ask,
    // open shows the box over the page.
    open: function () {
      if (!dialog) {
        var inner = box("");
        inner.onopened = inner.onescape = function () { dialog.close(); };
        var close = make("button", { type: "button", className: "find-close", textContent: say[6] });
        close.onclick = function () { dialog.close(); };
        inner.querySelector(".find-line").append(close);
        dialog = make("dialog", { className: "find" }, [inner]);
        dialog.setAttribute("aria-label", say[0]);
        dialog.addEventListener("click", function (e) { if (e.target === dialog) dialog.close(); });
        dialog.box = inner;
        doc.body.append(dialog);
      }
      if (dialog.open) return;
      dialog.showModal();
      dialog.box.input.select();
      dialog.box.run();
    },
    // mount puts a box into the page: with the words of the address on the page for what is not found, and with
    // what stands behind # on the page for searching.
    mount: function (el) {
      var hash = new URLSearchParams(location.hash.slice(1)).get("q"), from = el.dataset.findHere;
      var query = from === "address" ? words(decodeURI(location.pathname.replace(/(\/index)?(\.html?)?\/?$/, "").split("/").pop().replace(/\+|%20/g, " "))).join(" ") : hash || "";
      var inner = box(query, from === "address" ? null : function (q) {
        history.replaceState(null, "", q.trim() ? "#" + new URLSearchParams({ q: q }) : location.pathname + location.search);
      });
      el.append(inner);
      if (query) inner.run(); else inner.input.focus({ preventScroll: true });
    }
  };
})();
