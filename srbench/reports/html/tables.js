/* Tables: sorted by a click on a heading, within each group of lines; filtered by a text and a setting. */
const Tables = (() => {
  "use strict";

  const { make, select } = Elements;
  const collator = new Intl.Collator(undefined, { numeric: true });
  const COUNT = 8; // lines that a table has before a filter is of use

  /* The lines of a body, or of all, without the headings of groups. */
  const linesOf = (part) => [...part.rows].filter((row) => row.parentElement.tagName === "TBODY" && !row.classList.contains("group"));

  /* What a cell is sorted by; NaN where there is nothing. */
  function value(row, index) {
    const cell = row.cells[index];
    const text = cell.dataset.value;
    if (text === undefined) return cell.textContent.trim();
    return text.endsWith("inf") ? Infinity : Number(text);
  }

  function compare(a, b) {
    return typeof a === "number" ? a - b : collator.compare(a, b);
  }

  /* Sort the lines of a group; those without a value come last either way, and below them those of papers. */
  function sort(body, index, descending) {
    const every = linesOf(body);
    for (const papers of [false, true]) {
      sortOwn(body, every.filter((row) => row.classList.contains("reported") === papers), index, descending);
    }
  }

  function sortOwn(body, rows, index, descending) {
    const lines = rows.map((row) => [value(row, index), row]);
    const none = lines.filter(([each]) => Number.isNaN(each));
    const some = lines.filter(([each]) => !Number.isNaN(each)).sort(([a], [b]) => (descending ? compare(b, a) : compare(a, b)));
    body.append(...[...some, ...none].map(([, row]) => row));
  }

  function sortable(table) {
    const headings = [...table.tHead.querySelectorAll('[scope="col"]')];
    headings.forEach((heading, index) => {
      const button = make("button", { type: "button" }, [...heading.childNodes]);
      heading.replaceChildren(button);
      heading.setAttribute("aria-sort", "none");
      button.addEventListener("click", () => {
        const before = heading.getAttribute("aria-sort");
        const first = heading.dataset.first ?? (heading.classList.contains("number") ? "descending" : "ascending");
        const order = before === "none" ? first : before === "descending" ? "ascending" : "descending";
        for (const each of headings) each.setAttribute("aria-sort", each === heading ? order : "none");
        for (const body of table.tBodies) sort(body, index, order === "descending");
      });
    });
  }

  function filters(sheet, table, settings) {
    const rows = linesOf(table);
    const count = make("span", { class: "count", role: "status" });
    const text = make("input", { type: "search", "aria-label": `Filter ${table.caption.textContent}` });
    const used = [...new Set(rows.map((row) => row.dataset.setting))].filter((each) => settings[each]);
    const names = ["all", ...used.map((each) => settings[each].name)];
    let setting = 0;
    const apply = () => {
      const wanted = text.value.trim().toLowerCase();
      for (const body of table.tBodies) {
        const heading = body.querySelector(".group")?.textContent ?? "";
        for (const row of linesOf(body)) {
          const here = !setting || row.dataset.setting === used[setting - 1];
          row.hidden = !(here && `${heading} ${row.textContent}`.toLowerCase().includes(wanted));
        }
        body.hidden = linesOf(body).every((row) => row.hidden);
      }
      count.textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length} lines`;
    };
    text.addEventListener("input", apply);
    const chooser = select("Setting", names, (index) => {
      setting = index;
      apply();
    });
    const search = make("label", {}, [make("span", {}, ["Filter"]), text]);
    sheet.prepend(make("div", { class: "controls" }, [search, ...(used.length > 1 ? [chooser.label] : []), count]));
    apply();
  }

  /* Let the keyboard pick methods too: their names are buttons. */
  function pickable(table) {
    for (const name of table.querySelectorAll("tr[data-method] > th > .method")) {
      for (const [key, text] of Object.entries({ role: "button", tabindex: "0", "aria-pressed": "false" })) name.setAttribute(key, text);
    }
    table.addEventListener("keydown", (event) => {
      if (!["Enter", " "].includes(event.key) || !event.target.matches(".method")) return;
      event.preventDefault();
      Selection.pick(event.target.closest("tr").dataset.method);
    });
  }

  /* Make a table alive: `open` is called with the setting and the image of a line, and with its method. */
  function enliven(sheet, settings, open) {
    const table = sheet.querySelector("table");
    sortable(table);
    if (!table.querySelector("button.link")) pickable(table); // lines that open an image have a button of their own
    new ResizeObserver(() => table.style.setProperty("--head", `${table.tHead.offsetHeight}px`)).observe(table.tHead);
    if (linesOf(table).length >= COUNT) filters(sheet, table, settings);
    table.addEventListener("click", ({ target }) => {
      const row = target.closest("tr");
      if (target.closest("button.link")) open(settings[row.dataset.setting], target.textContent, row.dataset.method);
      else if (target.closest("th") && !target.closest("a") && row.dataset.method) Selection.pick(row.dataset.method);
    });
  }

  /* Leave one of several tables of one shape; a select above them says which. */
  function choice(sheets) {
    if (sheets.length < 2) return;
    const show = (shown) => sheets.forEach((sheet, index) => (sheet.hidden = index !== shown));
    const { label } = select("Show", sheets.map((sheet) => sheet.dataset.measure), show);
    sheets[0].before(make("div", { class: "controls" }, [label]));
    for (const sheet of sheets) sheet.querySelector("h3").hidden = true;
    show(0);
  }

  return { enliven, choice };
})();
