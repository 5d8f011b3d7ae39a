// The page works without this: it makes the line one that can be zoomed, says what a commit did,
// and puts two commits side by side.
(() => {
  "use strict";

  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId("trend-data").textContent);
  const points = data.points;
  const root = document.documentElement;
  const shown = (name) => {
    const probe = document.createElement("i");
    probe.style.color = `var(${name})`;
    document.body.append(probe);
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  };
  const signed = (number) => `${number < 0 ? "−" : "+"}${Math.abs(number).toFixed(1)}`;
  const scored = (point) => (point.score === null ? "n/a" : `${point.score.toFixed(1)} (${point.grade})`);

  // --- the line ---------------------------------------------------------------------------------

  const host = byId("course");
  const told = byId("told");
  let drawn = null;

  function tell(index) {
    const point = points[index ?? points.length - 1];
    const change = `${point.new} new, ${point.fixed} fixed`;
    const strong = document.createElement("b");
    strong.textContent = scored(point);
    told.replaceChildren(
      strong, ` ${point.date} ${point.commit} ${point.tags.join(" ")} `, change,
      document.createElement("br"), point.subject,
    );
  }

  function draw() {
    const values = points.map((point) => point.score);
    const known = values.filter((value) => value !== null);
    const least = Math.max(0, Math.min(...known, Math.max(...known) - 8) - 2);
    const most = Math.min(100, Math.max(...known) + 2);
    const [line, soft, quiet, ink] = ["--accent", "--soft", "--quiet", "--line"].map(shown);
    const bands = (u) => {
      let top = 100;
      for (const [letter, low] of data.bands) {
        const above = u.valToPos(Math.min(top, u.scales.y.max), "y", true);
        const below = u.valToPos(Math.max(low, u.scales.y.min), "y", true);
        if (below > above) {
          u.ctx.fillStyle = "AC".includes(letter) ? soft : "transparent";
          u.ctx.fillRect(u.bbox.left, above, u.bbox.width, below - above);
          u.ctx.fillStyle = quiet;
          u.ctx.fillText(letter, u.bbox.left + u.bbox.width - 14, (above + below) / 2);
        }
        top = low;
      }
      u.ctx.fillStyle = quiet;
      points.forEach((point, index) => {
        if (!point.tags.length || index < u.scales.x.min || index > u.scales.x.max) return;
        const x = u.valToPos(index, "x", true);
        u.ctx.fillRect(x, u.bbox.top, 1, u.bbox.height);
      });
    };
    const axis = { stroke: quiet, grid: { stroke: ink, width: 1 }, ticks: { stroke: ink, width: 1 } };
    const options = {
      width: host.clientWidth, height: 300,
      scales: { x: { time: false }, y: { range: [least, most] } },
      axes: [
        { ...axis, values: (u, splits) => splits.map((i) => points[i]?.date ?? ""), space: 110 },
        { ...axis, size: 44 },
      ],
      series: [{}, { stroke: line, width: 2, spanGaps: false, points: { show: points.length < 60 } }],
      cursor: { y: false },
      legend: { show: false },
      hooks: { drawClear: [bands], setCursor: [(u) => tell(u.cursor.idx)] },
    };
    drawn?.destroy();
    drawn = new uPlot(options, [points.map((_, index) => index), values], host);
  }

  if (points.some((point) => point.score !== null)) {
    host.querySelector("svg")?.remove();
    draw();
    addEventListener("resize", () => drawn.setSize({ width: host.clientWidth, height: 300 }));
    new MutationObserver(draw).observe(root, { attributeFilter: ["data-theme"] });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  }
  tell(null);

  // --- two commits ------------------------------------------------------------------------------

  const [from, to] = [byId("from"), byId("to")];
  const beside = byId("beside");

  function row(name, before, after, digits) {
    const made = document.createElement("tr");
    const head = document.createElement("th");
    head.scope = "row";
    head.textContent = name;
    const cells = [before.toFixed(digits), after.toFixed(digits)].map((text) => {
      const cell = document.createElement("td");
      cell.className = "num";
      cell.textContent = text;
      return cell;
    });
    const change = document.createElement("td");
    change.className = "num";
    const moved = after - before;
    change.textContent = moved === 0 ? "" : digits ? signed(moved) : `${moved > 0 ? "+" : "−"}${Math.abs(moved)}`;
    made.append(head, ...cells, change);
    return made;
  }

  function compare() {
    const [a, b] = [points[from.value], points[to.value]];
    const rows = [];
    if (a.score !== null && b.score !== null) rows.push(row("score", a.score, b.score, 1));
    for (const name of Object.keys(b.losses)) {
      rows.push(row(`points lost: ${name}`, a.losses[name] ?? 0, b.losses[name], 1));
    }
    for (const name of Object.keys(b.counts)) rows.push(row(name, a.counts[name], b.counts[name], 0));
    beside.replaceChildren(...rows);
  }

  if (from && to) {
    for (const choice of [from, to]) {
      points.forEach((point, index) => {
        const option = document.createElement("option");
        option.value = index;
        option.textContent = `${point.date} ${point.commit} ${point.subject}`.slice(0, 60);
        choice.append(option);
      });
      choice.addEventListener("change", compare);
    }
    from.value = 0;
    to.value = points.length - 1;
    compare();
  }
})();
