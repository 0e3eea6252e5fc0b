/* The page: reads its data, draws the charts, and connects what belongs together. */
(() => {
  "use strict";

  const { make } = Elements;
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const chart = (name) => document.querySelector(`[data-chart="${name}"]`);

  const data = read("data");
  const methods = Object.fromEntries(data.methods.map((method) => [method.name, { ...method, key: method.name }]));
  const labels = data.settings.map(({ name }) => name);

  const [leading] = data.metrics;
  const over = leading && { ...data.difference, label: data.over, better: leading.better };
  const MEASURES = Object.fromEntries([
    ...data.metrics.map((metric) => [metric.name, { label: Columns.directed(metric), unit: Columns.unit(metric) }]),
    ...(leading ? [["difference", { label: Columns.directed(over), unit: Columns.unit(over), zero: true }]] : []),
  ]);

  /* What is said beside a mean rank. */
  const VERDICTS = {
    better: `better than ${data.baseline}`,
    worse: `worse than ${data.baseline}`,
    equal: `equal to ${data.baseline}`,
    undecided: "undecided",
    "too few images": "too few images to decide",
  };

  function open(setting, image, method) {
    dispatchEvent(new CustomEvent("srbench:open", { detail: { ...setting, image, method } }));
  }

  /* Rows with the marks of their methods; JSON spells infinity. */
  const dressed = (rows) =>
    rows.map((row) => ({
      ...row,
      method: methods[row.method],
      points: row.points.map(([name, value, ...more]) => [name, Columns.number(value), ...more]),
      mean: Columns.number(row.mean),
      low: Columns.number(row.low),
      high: Columns.number(row.high),
    }));

  function latency() {
    const cases = [...new Set(data.latencies.map(({ setting, device }) => JSON.stringify([setting, device])))].map((each) => JSON.parse(each));
    if (!cases.length) return;
    const texts = cases.map(([setting, device]) => `${labels[setting]}, ${device}`);
    const known = data.metrics.filter(({ name }) => data.latencies.some((each) => each[name] !== null));
    const choices = [["Setting", texts], ["Metric", known.map(({ label }) => label)]];
    Choosing.draw(chart("latency"), choices, (width, index, what) => {
      const [setting, device] = cases[index];
      const here = data.latencies.filter((each) => each.setting === setting && each.device === device);
      const shown = [known[what], ...data.metrics.filter((metric) => metric !== known[what])];
      return Latency.draw(width, here.filter((each) => each[known[what].name] !== null), methods, shown);
    });
  }

  function strips() {
    const settings = [...new Set(data.strips.map(({ setting }) => setting))];
    const measures = Object.keys(MEASURES).filter((name) => data.strips.some(({ measure }) => measure === name));
    const choices = [["Setting", settings.map((each) => labels[each])], ["Show", measures.map((name) => MEASURES[name].label)]];
    Choosing.draw(chart("strips"), choices, (width, where, what) => {
      const rows = data.strips.filter(({ setting, measure }) => setting === settings[where] && measure === measures[what]);
      const act = (row, image) => open(data.settings[row.setting], image, row.method.name);
      return Strips.draw(width, dressed(rows), { ...MEASURES[measures[what]], what: "mean", open: act });
    });
  }

  function ranks() {
    const root = chart("ranks");
    if (!data.ranks.length) {
      root.append(make("p", { class: "hint" }, ["Ranks need at least two methods and two images."]));
      return;
    }
    Choosing.draw(root, [["Setting", data.ranks.map(({ setting }) => labels[setting])]], (width, index) => {
      const { methods: ranked, images } = data.ranks[index];
      const rows = ranked.map(([method, rank, verdict]) => ({ method, points: [], mean: rank, note: VERDICTS[verdict] ?? "" }));
      return Strips.draw(width, dressed(rows), { label: `mean rank, ${images} images`, unit: "", what: "mean rank" });
    });
  }

  function samples() {
    const root = chart("samples");
    if (!root || !data.samples.length) return;
    const sizes = [...new Set(data.samples.map(({ size }) => size))];
    Choosing.draw(root, [["Size", sizes]], (width, index) =>
      Strips.draw(width, dressed(data.samples.filter(({ size }) => size === sizes[index])), {
        label: "ms per call (logarithmic)",
        budget: data.budget,
        unit: " ms",
        what: "median",
        logarithmic: true,
      }),
    );
  }

  function frames() {
    const root = chart("frames");
    if (!root) return;
    const cases = [...new Set(data.frames.map(({ size, setting }) => JSON.stringify([size, setting])))].map((each) => JSON.parse(each));
    const sizes = [...new Set(cases.map(([size]) => size))];
    const settings = [...new Set(cases.map(([, setting]) => setting))];
    Choosing.draw(root, [["Size", sizes], ["Setting", settings]], (width, at, where) => {
      const here = data.frames.filter(({ size, setting }) => size === sizes[at] && setting === settings[where]);
      if (!here.length) return Axes.picture(width, 40, "no scores at this factor");
      return Latency.draw(width, here, methods, [data.quality], { time: "image", budget: data.budget });
    });
  }

  function growth() {
    const root = chart("growth");
    if (!root) return;
    const titles = [...new Set(data.growth.map(({ title }) => title))];
    Choosing.draw(root, [["Time", titles]], (width, index) => {
      const lines = data.growth.filter(({ title }) => title === titles[index]);
      return Growth.draw(width, lines.map((line) => ({ ...line, method: methods[line.method] })), lines[0].label, data.budget);
    });
  }

  function curves() {
    for (const root of document.querySelectorAll('[data-chart="curve"]')) {
      const { moments, bicubic } = data.histories[root.dataset.number];
      const parts = [["Loss (logarithmic)", 1, true, null], [data.heldOut, 2, false, bicubic]];
      for (const [label, column, logarithmic, level] of parts) {
        const points = moments.map((moment) => [moment[0], moment[column]]);
        if (!points.some(([, value]) => Number.isFinite(value))) continue;
        const stage = make("div", { class: "stage" });
        root.append(stage);
        Axes.responsive(stage, (width) => Curves.draw(width, points, label, logarithmic, level));
      }
    }
  }

  Theme.enliven(document.getElementById("theme"));
  for (const sheet of document.querySelectorAll("[data-sheet]")) Tables.enliven(sheet, data.settings, open);
  Tables.choice([...document.querySelectorAll("[data-measure]")]);
  if (data.settings.length) {
    if (leading) for (const draw of [latency, strips, ranks]) draw();
    new Viewer(document.getElementById("viewer-root"), read("gallery"));
    if (Fragment.read().image) document.getElementById("viewer").scrollIntoView();
  }
  for (const draw of [frames, growth, samples, curves]) draw();
  const pick = ({ method }) => Selection.set(method in methods ? method : "");
  pick(Fragment.read());
  Fragment.listen(pick);
  addEventListener("keydown", ({ key }) => key === "Escape" && Tip.hide());
  addEventListener("beforeprint", () => document.querySelectorAll("details.warning").forEach((each) => (each.open = true)));
  addEventListener("scroll", Tip.hide, { passive: true });
})();
