// The page is whole without this script; it adds searching, sorting and opening many checks at once.
(() => {
  "use strict";
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const words = (element) => element.textContent.replace(/\s+/g, " ").trim();
  document.documentElement.classList.add("js");

  // Filters: of checks, and of vulnerabilities.
  const rowsOf = {
    check: () => all(".check"),
    vulnerability: () => all(".vulnerabilities tbody tr"),
  };
  const nouns = { check: ["check", "checks"], vulnerability: ["vulnerability", "vulnerabilities"] };
  for (const form of all("form[data-filter]")) {
    const kind = form.dataset.filter;
    const rows = rowsOf[kind]();
    const groups = kind === "check" ? all(".group") : [];
    const texts = new Map();
    const text = (row) => {
      if (!texts.has(row)) texts.set(row, words(row).toLowerCase());
      return texts.get(row);
    };
    const fits = (row, wish) =>
      (!wish.text || text(row).includes(wish.text)) &&
      (!wish.outcome || row.classList.contains(wish.outcome)) &&
      (!wish.fate || row.dataset.fate === wish.fate) &&
      (!wish.severity || row.dataset.severity === wish.severity);
    const apply = () => {
      const wish = Object.fromEntries(new FormData(form));
      wish.text = wish.text.trim().toLowerCase();
      let shown = 0;
      for (const row of rows) {
        row.hidden = !fits(row, wish);
        shown += !row.hidden;
      }
      for (const group of groups) group.hidden = !group.querySelector(".check:not([hidden])");
      const [one, many] = nouns[kind];
      const asked = Object.values(wish).some(Boolean);
      form.querySelector("output").textContent =
        asked ? `${shown} of ${rows.length} ${rows.length === 1 ? one : many}` : "";
    };
    form.addEventListener("input", apply);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("click", (event) => {
      const wanted = event.target.dataset.do;
      if (wanted) for (const row of rows) if (!row.hidden) row.open = wanted === "open";
    });
  }

  // Sorting: a button in each heading; numbers by their size, texts as people count.
  const order = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  const key = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.sort ?? words(cell);
  };
  const compare = (a, b) => {
    const [x, y] = [Number(a), Number(b)];
    return a !== "" && b !== "" && !isNaN(x) && !isNaN(y) ? x - y : order.compare(a, b);
  };
  for (const table of all("table.sortable")) {
    const headings = all("thead th", table);
    headings.forEach((heading, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...heading.childNodes);
      heading.append(button);
      button.addEventListener("click", () => {
        const down = heading.getAttribute("aria-sort") === "ascending";
        for (const other of headings) other.removeAttribute("aria-sort");
        heading.setAttribute("aria-sort", down ? "descending" : "ascending");
        const body = table.tBodies[0];
        const rows = [...body.rows].map((row) => [key(row, column), row]);
        rows.sort(([a], [b]) => (down ? compare(b, a) : compare(a, b)));
        body.append(...rows.map(([, row]) => row));
      });
    });
  }

  // A link to a check opens it; so does an address that ends with its name.
  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target?.matches(".check")) {
      target.hidden = target.parentElement.hidden = false;
      if (target.matches("details")) target.open = true;
      target.scrollIntoView();
    }
  };
  addEventListener("hashchange", reveal);
  if (location.hash) reveal();

  // On paper everything is open, unless that would be hundreds of pages.
  const most = 500;
  let closed = [];
  addEventListener("beforeprint", () => {
    const checks = all("details:not([open])");
    closed = checks.length > most ? [] : checks;
    for (const one of closed) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of closed) one.open = false;
    closed = [];
  });
})();
