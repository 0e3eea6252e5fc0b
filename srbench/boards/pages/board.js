/* The pages of a board: each has some of what is enlivened here. */
(() => {
  "use strict";

  const { make, select } = Elements;
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const all = (selector) => [...document.querySelectorAll(selector)];

  /* Quality against time: a chart for each machine and set of conditions, with a choice among its tables. */
  function clocks({ clocks: found, lines }) {
    for (const { name, charts } of found) {
      const root = document.querySelector(`[data-clock="${name}"]`);
      Choosing.draw(root, [["Table", charts.map(({ title }) => title)]], (width, index) => {
        const { points, metric } = charts[index];
        return Latency.draw(width, points, lines, [metric]);
      });
    }
  }

  function histories(found) {
    for (const root of all("[data-history]")) {
      const { metrics, events } = found[root.dataset.history];
      const known = metrics.filter(({ name }) => events.some(({ values }) => (values[name] ?? null) !== null));
      Choosing.draw(root, [["Metric", known.map(({ label }) => label)]], (width, index) => Versions.draw(width, events, known[index]));
    }
  }

  /* Leave the tables of one dataset, factor and protocol. */
  function choices(root) {
    const rankings = all(".ranking");
    const links = all(".jump li");
    const count = make("span", { class: "count", role: "status" });
    const chosen = {};
    const apply = () => {
      const shown = rankings.map(({ dataset }) => Object.entries(chosen).every(([name, value]) => !value || dataset[name] === value));
      for (const [index, each] of rankings.entries()) {
        each.hidden = !shown[index];
        links[index].hidden = !shown[index];
      }
      count.textContent = `${shown.filter(Boolean).length} of ${rankings.length} tables`;
    };
    const parts = ["dataset", "factor", "protocol"].flatMap((name) => {
      const values = [...new Set(rankings.map(({ dataset }) => dataset[name]))];
      if (values.length < 2) return [];
      const label = name[0].toUpperCase() + name.slice(1);
      return [select(label, ["all", ...values], (index) => {
        chosen[name] = index ? values[index - 1] : "";
        apply();
      }).label];
    });
    if (!parts.length) return;
    root.replaceWith(make("div", { class: "controls" }, [...parts, count]));
    apply();
  }

  function viewer(root) {
    new Viewer(root, read("gallery"));
    if (Fragment.read().image) root.scrollIntoView();
  }

  const data = read("data");
  Theme.enliven(document.getElementById("theme"));
  for (const sheet of all("[data-sheet]")) Tables.enliven(sheet, [], () => {});
  if (data?.clocks) clocks(data);
  if (data?.histories) histories(data.histories);
  for (const root of all("#choose")) choices(root);
  for (const root of all("#viewer-root")) viewer(root);
  const known = new Set(all("[data-method]").map(({ dataset }) => dataset.method));
  const pick = ({ method }) => Selection.set(known.has(method) ? method : "");
  pick(Fragment.read());
  Fragment.listen(pick);
  addEventListener("keydown", ({ key }) => key === "Escape" && Tip.hide());
  addEventListener("scroll", Tip.hide, { passive: true });
  addEventListener("beforeprint", () => all("details").forEach((each) => (each.open = true)));
})();
