// The page works without this: it filters and sorts the findings, keeps that state in the address,
// and computes the score without findings that are taken out, as exai_audit/score/formula.py does.
(() => {
  "use strict";

  const root = document.documentElement;
  const byId = (id) => document.getElementById(id);
  root.classList.add("js");

  // Storage may be forbidden, as in a sandboxed frame: then nothing is remembered.
  const remembered = (name) => {
    try { return localStorage.getItem(`exai-audit-${name}`) ?? ""; } catch { return ""; }
  };
  const remember = (name, value) => {
    try { localStorage.setItem(`exai-audit-${name}`, value); } catch { /* see above */ }
  };

  const make = (tag, attributes, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  };

  // --- theme -------------------------------------------------------------------------------

  const THEMES = ["auto", "light", "dark"];
  let theme = THEMES.includes(remembered("theme")) ? remembered("theme") : "auto";

  function showTheme() {
    if (theme === "auto") delete root.dataset.theme;
    else root.dataset.theme = theme;
    byId("theme")?.replaceChildren(`Theme: ${theme}`);
  }

  function nextTheme() {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
    remember("theme", theme);
    showTheme();
  }

  // --- the score -----------------------------------------------------------------------------

  // The sum as Python's math.fsum has it: exact, rounded once (Shewchuk's algorithm).
  function exactSum(numbers) {
    const partials = [];
    for (let x of numbers) {
      let kept = 0;
      for (let y of partials) {
        if (Math.abs(x) < Math.abs(y)) [x, y] = [y, x];
        const high = x + y;
        const low = y - (high - x);
        if (low) partials[kept++] = low;
        x = high;
      }
      partials.length = kept;
      partials.push(x);
    }
    let n = partials.length;
    if (!n) return 0;
    let high = partials[--n];
    let low = 0;
    while (n > 0) {
      const x = high;
      const y = partials[--n];
      high = x + y;
      low = y - (high - x);
      if (low) break;
    }
    if (n > 0 && ((low < 0 && partials[n - 1] < 0) || (low > 0 && partials[n - 1] > 0))) {
      const y = low * 2;
      const x = high + y;
      if (y === x - high) high = x;
    }
    return high;
  }

  // As negative_power_of_two in exai_audit/score/power.py, operation by operation.
  function negativePowerOfTwo(exponent) {
    const whole = Math.floor(exponent + 0.5);
    const part = (whole - exponent) * 0.6931471805599453;
    let series = 1;
    for (let term = 14; term > 0; term--) series = 1 + (part * series) / term;
    for (let i = 0; i < whole; i++) series *= 0.5;
    return series;
  }

  function debtOf(weight, allowance) {
    const part = Math.max(0, weight) / allowance;
    return part / (1 + part / 2);
  }

  function lostWithout(category, gone) {
    if (!gone) return category.lost;
    const debts = category.rules.map((rule) => {
      const weights = gone.get(rule.code);
      return weights ? debtOf(rule.weight - exactSum(weights), category.allowance) : rule.debt;
    });
    return category.points * (1 - negativePowerOfTwo(exactSum(debts)));
  }

  // `gone` are {category, code, weight, holds}; see score_without in formula.py.
  function scoreWithout(score, gone) {
    const weights = new Map();
    let holders = score.holders;
    for (const one of gone) {
      if (!weights.has(one.category)) weights.set(one.category, new Map());
      const rules = weights.get(one.category);
      if (!rules.has(one.code)) rules.set(one.code, []);
      rules.get(one.code).push(one.weight);
      holders -= one.holds ? 1 : 0;
    }
    const lost = score.categories.map((each) => lostWithout(each, weights.get(each.name)));
    const value = Math.min(100, Math.max(0, 100 - exactSum(lost)));
    return holders > 0 ? Math.min(value, score.limit) : value;
  }

  // One decimal, as Python rounds: an exact half goes to the even digit.
  function shown(value) {
    const quarters = value * 4;
    const isHalf = Number.isInteger(quarters) && quarters % 2 !== 0;
    if (!isHalf) return value.toFixed(1);
    const below = Math.floor(value * 10);
    return ((below % 2 ? below + 1 : below) / 10).toFixed(1);
  }

  const gradeOf = (score, text) => score.grades.find(([, least]) => Number(text) >= least)[0];

  // --- the findings --------------------------------------------------------------------------

  let list = null;
  let form = null;
  let score = null;
  let rows = [];
  let rowOf = new Map();

  function rowIn(item) {
    const text = (selector) => item.querySelector(selector).textContent;
    const at = text(".at");
    return {
      item,
      number: Number(item.id.slice(1)),
      severity: text(".sev"),
      code: text(".rule"),
      path: at.slice(0, at.lastIndexOf(":")),
      line: Number(at.slice(at.lastIndexOf(":") + 1)),
      confidence: item.dataset.c,
      group: item.dataset.b,
      state: item.dataset.o ?? "open",
      owners: (item.dataset.ow ?? "").split(" ").filter(Boolean),
      points: Number(item.dataset.p),
      category: item.dataset.g,
      weight: Number(item.dataset.w ?? 0),
    };
  }

  const searched = (row) => (row.text ??= row.item.textContent.toLowerCase());

  const SINGLE = ["q", "rule", "dir", "own", "conf", "state", "sort", "b"];
  const EVERYTHING = { q: "", rule: "", dir: "", own: "", conf: "", state: "", b: "", sev: [] };
  let state = { sev: [], out: [] };

  function fill(select, values) {
    for (const value of values) select.append(make("option", { value }, value));
  }

  function folders() {
    const found = new Set();
    for (const { path } of rows) {
      const parts = path.split("/").slice(0, -1);
      for (let depth = 1; depth <= Math.min(3, parts.length); depth++) {
        found.add(parts.slice(0, depth).join("/"));
      }
    }
    return [...found].sort();
  }

  const isIn = (path, folder) => path === folder || path.startsWith(`${folder}/`);
  const isSure = (row, least) => row.confidence === "high" || row.confidence === least;

  function matches(row) {
    const wanted = state.state || "active";
    const isWanted = {
      active: row.state !== "suppressed",
      all: true,
    }[wanted] ?? row.state === wanted;
    return isWanted
      && (!state.sev.length || state.sev.includes(row.severity))
      && (!state.rule || row.code === state.rule)
      && (!state.dir || isIn(row.path, state.dir))
      && (!state.own || row.owners.includes(state.own))
      && (!state.conf || isSure(row, state.conf))
      && (!state.b || row.group === state.b)
      && (!state.q || state.q.toLowerCase().split(/\s+/).every((word) => searched(row).includes(word)));
  }

  const byPlace = (a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : a.line - b.line);
  const ORDERS = {
    points: (a, b) => b.points - a.points || a.number - b.number,
    place: byPlace,
    rule: (a, b) => (a.code < b.code ? -1 : a.code > b.code ? 1 : byPlace(a, b)),
  };
  let sorted = "";

  function sortRows() {
    const wanted = state.sort in ORDERS ? state.sort : "";
    if (wanted === sorted) return;
    sorted = wanted;
    const order = ORDERS[wanted] ?? ((a, b) => a.number - b.number);
    list.append(...[...rows].sort(order).map((row) => row.item));
  }

  function showRows() {
    sortRows();
    let count = 0;
    for (const row of rows) {
      row.item.hidden = !matches(row);
      count += row.item.hidden ? 0 : 1;
      row.item.classList.toggle("out", state.out.includes(row.number));
    }
    const of = rows.filter((row) => row.state !== "suppressed").length;
    const only = state.b ? ` of one bottleneck` : "";
    byId("tally").textContent = `${count.toLocaleString("en")} of ${of.toLocaleString("en")} findings${only}`;
  }

  function showForm() {
    for (const name of SINGLE) {
      const field = form.elements[name];
      if (!field) continue;
      const value = state[name] ?? "";
      if (name === "dir" && value && ![...field.options].some((each) => each.value === value)) {
        fill(field, [value]);
      }
      field.value = value;
    }
    for (const box of form.querySelectorAll("[name=sev]")) box.checked = state.sev.includes(box.value);
  }

  function showScore() {
    const dock = byId("dock");
    const gone = state.out.map((number) => rowOf.get(number)).filter((row) => row?.category);
    dock.hidden = !state.out.length || score.value === null;
    if (dock.hidden) return;
    const value = scoreWithout(score, gone.map((row) => ({
      ...row, holds: row.severity === "critical" && row.weight > 0,
    })));
    const [before, after] = [shown(score.value), shown(value)];
    const change = (Number(after) - Number(before)).toFixed(1);
    dock.dataset.value = String(value);
    const count = state.out.length;
    byId("dock-said").replaceChildren(
      `${count} finding${count > 1 ? "s" : ""} taken out: ${before} ${gradeOf(score, before)} → `,
      make("b", {}, `${after} ${gradeOf(score, after)}`),
      ` (+${change})`,
    );
  }

  function showAll() {
    showForm();
    showRows();
    showScore();
    for (const button of document.querySelectorAll("[data-take]")) {
      const isOut = numbersOf(button).every((number) => state.out.includes(number));
      button.setAttribute("aria-pressed", String(isOut && numbersOf(button).length > 0));
    }
    for (const row of rows) {
      row.item.querySelector(".take")?.setAttribute("aria-pressed", String(state.out.includes(row.number)));
    }
  }

  // --- the address ---------------------------------------------------------------------------

  function written() {
    const said = new URLSearchParams();
    for (const name of SINGLE) if (state[name]) said.set(name, state[name]);
    if (state.sev.length) said.set("sev", state.sev.join("."));
    if (state.out.length) said.set("out", state.out.join("."));
    return said.toString();
  }

  function read(hash) {
    const said = new URLSearchParams(hash);
    const next = { sev: [], out: [] };
    for (const name of SINGLE) if (said.get(name)) next[name] = said.get(name);
    next.sev = (said.get("sev") ?? "").split(".").filter(Boolean);
    const numbers = (said.get("out") ?? "").split(".").map(Number);
    next.out = [...new Set(numbers)].filter((number) => rowOf.has(number));
    return next;
  }

  function change(changes) {
    state = { ...state, ...changes };
    const text = written();
    history.replaceState(null, "", text ? `#${text}` : location.pathname + location.search);
    showAll();
  }

  function follow() {
    const hash = location.hash.slice(1);
    if (hash.includes("=")) {
      state = read(hash);
      showAll();
      return;
    }
    const target = hash && byId(decodeURIComponent(hash));
    if (!target) return;
    if (target.hidden) change({ ...EVERYTHING, state: "all" });
    const details = target.matches("details") ? target : target.querySelector(":scope > details");
    if (details) details.open = true;
    target.scrollIntoView();
  }

  // --- what is done with them ----------------------------------------------------------------

  const numbersOf = (button) => button.dataset.take.split(" ").filter(Boolean).map(Number);

  function toggle(numbers) {
    const areOut = numbers.every((number) => state.out.includes(number));
    const others = state.out.filter((number) => !numbers.includes(number));
    change({ out: areOut ? others : [...others, ...numbers] });
  }

  async function copy(button, text) {
    const said = button.textContent;
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = said; }, 1200);
    } catch {
      prompt("Copy this:", text);
    }
  }

  function action(label, act, attributes = {}) {
    const button = make("button", { type: "button", ...attributes }, label);
    button.addEventListener("click", () => act(button));
    return button;
  }

  const quoted = (path) => path.split("/").map(encodeURIComponent).join("/");

  function places(row) {
    const base = list.dataset.base;
    const made = base
      ? [make("a", { href: `${base}${quoted(row.path)}#L${row.line}` }, "Source")]
      : [];
    const folder = remembered("root").replace(/[\\/]+$/, "");
    if (!folder) return made;
    const file = `${folder}/${row.path}`;
    const address = quoted(file);
    const start = address.startsWith("/") ? "" : "/";
    return [
      ...made,
      make("a", { href: `vscode://file${start}${address}:${row.line}` }, "VS Code"),
      make("a", { href: `pycharm://open?file=${encodeURIComponent(file)}&line=${row.line}` }, "PyCharm"),
    ];
  }

  function addActions(row) {
    const body = row.item.querySelector("details > div");
    if (!body || body.querySelector(".actions")) return;
    const made = [];
    if (row.category && row.state !== "suppressed") {
      const pressed = String(state.out.includes(row.number));
      made.push(action("Take it out of the score", () => toggle([row.number]), {
        class: "take", "aria-pressed": pressed,
      }));
    }
    made.push(action("Copy place", (button) => copy(button, `${row.path}:${row.line}`)));
    const print = row.item.dataset.fp;
    if (print) {
      const command = `exai-audit fix --unsafe --only ${print}`;
      made.push(action("Copy fix command", (button) => copy(button, command)));
    }
    if (row.state !== "suppressed") {
      const comment = `  # exai: ignore[${row.code}] -- `;
      made.push(action("Copy suppression", (button) => copy(button, comment)));
    }
    body.append(make("p", { class: "actions" }, ...made, ...places(row)));
  }

  function take(event) {
    const button = event.target.closest("[data-take]");
    if (button) toggle(numbersOf(button));
  }

  function choose(event) {
    const link = event.target.closest("svg a[href^='#f']");
    const row = link && rowOf.get(Number(link.getAttribute("href").slice(2)));
    if (!row) return;
    event.preventDefault();
    const isArea = link.closest("#size") !== null;
    change(isArea ? { dir: row.path, b: "" } : { b: row.group, dir: "" });
    byId("findings").scrollIntoView();
  }

  const PRESSED = {
    theme: nextTheme,
    "dock-clear": () => change({ out: [] }),
    "keys-open": () => byId("keys").showModal(),
    save,
  };

  // --- keys ----------------------------------------------------------------------------------

  function rememberFolder(folder) {
    remember("root", folder.value.trim());
    for (const made of list.querySelectorAll(".actions")) made.remove();
    for (const row of rows) if (row.item.querySelector("details[open]")) addActions(row);
  }

  function step(by) {
    const visible = rows.map((row) => row.item).filter((item) => !item.hidden)
      .sort((a, b) => (a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1));
    const at = visible.indexOf(document.activeElement.closest("#list > li"));
    const next = visible[Math.min(visible.length - 1, Math.max(0, at + by))];
    const focused = next?.querySelector("summary");
    focused?.focus();
    focused?.scrollIntoView({ block: "nearest" });
  }

  function press(event) {
    const isTyping = event.target.matches("input:not([type=checkbox]), select, textarea");
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping || byId("keys").open) return;
    const focused = document.activeElement.closest("#list > li");
    if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
    else if (event.key === "/") form.elements.q.focus();
    else if (event.key === "?") byId("keys").showModal();
    else if (event.key === "x" && focused) toggle([Number(focused.id.slice(1))]);
    else return;
    event.preventDefault();
  }

  // --- the data ------------------------------------------------------------------------------

  async function save() {
    const packed = Uint8Array.from(atob(byId("result").textContent), (char) => char.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    const blob = new Blob([await new Response(stream).text()], { type: "application/json" });
    const link = make("a", { href: URL.createObjectURL(blob), download: "audit.json" });
    link.click();
    URL.revokeObjectURL(link.href);
  }

  // --- the page ------------------------------------------------------------------------------

  // Reads the page anew: when it has loaded, and when its content has been replaced.
  function mount() {
    showTheme();
    list = byId("list");
    form = byId("filters");
    rows = list && form ? [...list.children].map(rowIn) : [];
    rowOf = new Map(rows.map((row) => [row.number, row]));
    sorted = "";
    if (!rows.length) return;
    score = JSON.parse(byId("score-data").textContent);
    fill(form.elements.rule, [...new Set(rows.map((row) => row.code))].sort());
    fill(form.elements.dir, folders());
    if (form.elements.own) {
      fill(form.elements.own, [...new Set(rows.flatMap((row) => row.owners))].sort());
    }
    byId("root").value = remembered("root");
    state = read(location.hash.includes("=") ? location.hash.slice(1) : "");
    showAll();
  }

  document.addEventListener("click", (event) => {
    PRESSED[event.target.closest("button")?.id]?.();
    if (!rows.length) return;
    take(event);
    choose(event);
  });
  document.addEventListener("toggle", (event) => {
    const item = event.target.closest?.("#list > li");
    if (item && event.target.open) addActions(rowOf.get(Number(item.id.slice(1))));
  }, true);
  document.addEventListener("input", (event) => {
    if (event.target.form !== form || !form) return;
    const data = new FormData(form);
    const next = { sev: data.getAll("sev") };
    for (const name of SINGLE) if (form.elements[name]) next[name] = data.get(name);
    change(next);
  });
  document.addEventListener("change", (event) => {
    if (event.target.id === "root") rememberFolder(event.target);
  });
  document.addEventListener("submit", (event) => {
    if (event.target === form) event.preventDefault();
  });
  document.addEventListener("reset", (event) => {
    if (event.target !== form) return;
    event.preventDefault();
    change({ ...EVERYTHING, sort: "" });
  });
  document.addEventListener("keydown", (event) => { if (rows.length) press(event); });
  document.addEventListener("content-replaced", () => {
    mount();
    if (rows.length && (state.out.length || state.b)) change({ out: [], b: "" });
  });
  addEventListener("hashchange", () => { if (rows.length) follow(); });

  mount();
  if (rows.length) follow();
})();
