// The page works without this: it filters and sorts the table of repositories.
(() => {
  "use strict";

  const table = document.getElementById("fleet");
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const filters = document.getElementById("choose");
  const tally = document.getElementById("tally");

  function choose() {
    const { q, owner, tag } = filters.elements;
    const wanted = q.value.trim().toLowerCase();
    let shown = 0;
    for (const row of rows) {
      const fits = row.textContent.toLowerCase().includes(wanted)
        && (!owner?.value || row.dataset.owner === owner.value)
        && (!tag?.value || row.dataset.tags.split(" ").includes(tag.value));
      row.hidden = !fits;
      shown += fits;
    }
    tally.textContent = `${shown} of ${rows.length} repositories`;
  }

  function value(row, index) {
    const cell = row.cells[index];
    const text = cell.dataset.value ?? cell.textContent.trim();
    const number = Number.parseFloat(text.replaceAll(",", "").replace("−", "-"));
    return Number.isNaN(number) ? text.toLowerCase() : number;
  }

  function sort(head) {
    const down = head.getAttribute("aria-sort") === "ascending";
    for (const one of table.tHead.rows[0].cells) one.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const index = head.cellIndex;
    const compare = (a, b) => {
      const [x, y] = [value(a, index), value(b, index)];
      if (x === y) return 0;
      if (x === "") return 1;
      if (y === "") return -1;
      if (typeof x !== typeof y) return typeof x === "number" ? -1 : 1;
      return (x < y ? -1 : 1) * (down ? -1 : 1);
    };
    body.append(...rows.sort(compare));
  }

  for (const head of table.tHead.rows[0].cells) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => sort(head));
  }
  filters.addEventListener("input", choose);
  filters.addEventListener("submit", (event) => event.preventDefault());
  choose();
})();
