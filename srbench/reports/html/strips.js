/* Strips: a row per method, its points, and a bar for the mean (or median, or mean rank) with its interval. */
const Strips = (() => {
  "use strict";

  const { svg, text, short, labelled, scale, mark, picture, usable, clip } = Axes;

  const ROW = 34; // pixels
  const NARROW = 560;
  const TICKS = 64; // pixels between ticks, at least
  const EDGE = 22; // pixels beside the axis, where infinite values are

  /* Draw `rows`, each with `method` (of the legend), `points` [[name, value, judged]], `mean`, `low`, `high`, `note`.
     `options`: `label` (of the axis), `unit`, `logarithmic`, `zero` (has a line), `budget` (a value with a line), `what` (the bar is),
     `open(row, name)` for a click on a point. Points that are not judged are hollow; infinite values are at the edge. */
  function draw(width, rows, options) {
    const narrow = width < NARROW;
    const height = narrow ? ROW + 18 : ROW;
    const left = narrow ? 12 : Math.min(240, width * 0.3);
    const bottom = rows.length * height + 8;
    const budget = options.budget ?? null;
    const values = rows.flatMap((row) => [...row.points.map(([, value]) => value), row.mean, row.low, row.high]);
    if (budget !== null) values.push(budget);
    const infinite = [-Infinity, Infinity].filter((each) => values.includes(each));
    const known = values.filter((value) => Number.isFinite(value) && (!options.logarithmic || value > 0));
    const x = edged(scale(known, left + EDGE, width - EDGE, options.logarithmic), left + 8, width - 8);
    const drawing = picture(width, bottom + 44, options.label);
    axis(drawing, x, bottom, width - left, options.label, (left + width) / 2);
    drawing.append(...infinite.map((each) => text(x.at(each), bottom + 16, short(each), { "text-anchor": "middle", class: "tick" })));
    if (options.zero && x.at(0) > left && x.at(0) < width) {
      drawing.append(svg("line", { class: "zero", x1: x.at(0), x2: x.at(0), y1: 0, y2: bottom }));
    }
    if (budget !== null) {
      const parts = narrow ? rows.map((_, number) => [number * height + 22, (number + 1) * height]) : [[0, bottom]]; // not through names
      drawing.append(...parts.map(([y1, y2]) => svg("line", { class: "budget", x1: x.at(budget), x2: x.at(budget), y1, y2 })));
    }
    rows.forEach((row, number) => drawing.append(strip(row, number * height, { narrow, height, left, x, width, ...options })));
    return drawing;
  }

  /* Return a scale that has a place for infinite values, beyond all others. */
  function edged({ at, ticks }, first, last) {
    return { ticks, at: (value) => (Number.isFinite(value) ? at(value) : value > 0 ? last : first) };
  }

  function axis(drawing, x, bottom, width, label, middle) {
    const ticks = x.ticks(Math.max(2, Math.floor(width / TICKS)));
    const labels = labelled(ticks);
    for (const [number, tick] of ticks.entries()) {
      drawing.append(svg("line", { class: "grid", x1: x.at(tick), x2: x.at(tick), y1: 0, y2: bottom }));
      drawing.append(text(x.at(tick), bottom + 16, labels[number], { "text-anchor": "middle", class: "tick" }));
    }
    drawing.append(text(middle, bottom + 36, label, { "text-anchor": "middle", class: "axis" }));
  }

  function strip(row, top, frame) {
    const { narrow, height, left, x } = frame;
    const group = svg("g", { class: "strip", "data-method": row.method.name });
    const middle = top + (narrow ? 18 : 0) + (height - (narrow ? 18 : 0)) / 2 + 4;
    const name = svg("g", { class: "label", tabindex: 0 }, [
      mark(row.method, narrow ? 10 : 8, narrow ? top + 14 : middle),
      text(narrow ? 24 : 22, (narrow ? top + 14 : middle) + 4, clip(row.method.name, (narrow ? frame.width : left) - 30)),
    ]);
    usable(name, row.method.name, () => Selection.pick(row.method.name));
    Tip.on(name, () => [row.method.name, describe(row, frame)]);
    const points = row.points.map((point, number) => dot(row, point, number, middle, frame));
    roam(points);
    group.append(name, ...points);
    if (Number.isFinite(row.low) && Number.isFinite(row.high)) {
      group.append(svg("line", { class: `interval m${row.method.colour}`, x1: x.at(row.low), x2: x.at(row.high), y1: middle, y2: middle }));
    }
    if (Number.isNaN(row.mean)) return group;
    const bar = points.length
      ? svg("line", { class: "mean", x1: x.at(row.mean), x2: x.at(row.mean), y1: middle - 11, y2: middle + 11 })
      : mark(row.method, x.at(row.mean), middle, { class: "alone", tabindex: 0, role: "img", "aria-label": describe(row, frame) });
    if (!points.length) Tip.on(bar, () => [row.method.name, describe(row, frame)]);
    group.append(bar);
    if (row.note) group.append(beside(row.note, x.at(row.mean), middle + 4, frame.width));
    return group;
  }

  /* Words beside a mark, on the side that has room. */
  const beside = (words, at, down, width) =>
    at + 14 + 7 * words.length < width
      ? text(at + 14, down, words, { class: "tick" })
      : text(at - 14, down, words, { class: "tick", "text-anchor": "end" });

  function describe({ mean, low, high, of, note }, { what, unit }) {
    const interval = Number.isFinite(low) && Number.isFinite(high) ? ` (${short(low)} to ${short(high)})` : "";
    const said = Number.isNaN(mean) ? `no ${what}` : `${what} ${short(mean)}${unit}${interval}`;
    return [said, ...(of ? [`${of} in all`] : []), ...(note ? [note] : [])].join(", ");
  }

  /* Points lie apart where they would hide each other: the same places at every drawing. */
  const apart = (number) => (((number * 7) % 11) - 5) * 1.3;

  function dot(row, [name, value, judged = true], number, middle, { x, unit, open }) {
    const said = `${short(value)}${unit}${judged ? "" : ", does not count"}`;
    const element = svg("circle", { class: `dot m${row.method.colour}${judged ? "" : " apart"}`, cx: x.at(value).toFixed(2), cy: (middle + apart(number)).toFixed(2), r: 3.6 });
    element.setAttribute("tabindex", number ? -1 : 0);
    Tip.on(element, () => [name, `${row.method.name}: ${said}`]);
    if (open) usable(element, `${name}, ${row.method.name}: ${said}`, () => open(row, name));
    return element;
  }

  /* One stop of the tab key per strip; arrow keys go on from there. */
  function roam(points) {
    points.forEach((point, number) => {
      point.addEventListener("keydown", ({ key }) => points[number + (key === "ArrowRight") - (key === "ArrowLeft")]?.focus());
    });
  }

  return { draw };
})();
