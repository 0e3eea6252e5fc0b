/* Quality against latency: a mark per method, and the front of those that nobody beats in both. */
const Latency = (() => {
  "use strict";

  const { svg, text, short, labelled, scale, mark, picture, usable, key, LINE } = Axes;

  const LEFT = 52;
  const BOTTOM = 46;
  const TOP = 36; // pixels: where infinite means are
  const LETTER = 7; // pixels, about
  const NARROW = 560;

  /* Draw `points` of `methods` (of the legend); the first of `metrics` is the axis upwards, its best values on top.
     `time` is what `ms` is of; `budget` is drawn where there is one. */
  function draw(width, points, methods, metrics, { time = "output megapixel", budget = null } = {}) {
    const { name: quality } = metrics[0];
    const sign = Columns.sign(metrics[0]);
    const height = Math.min(420, Math.max(280, width * 0.5));
    const levels = budget === null ? [] : [budget];
    const x = scale([...points.map(({ ms }) => ms), ...levels], LEFT + 6, width - 16, true, 0.1);
    const heights = points.map((point) => Columns.number(point[quality]));
    const known = heights.filter(Number.isFinite);
    const [bottom, top] = [height - BOTTOM, known.length < heights.length ? TOP + 14 : 14];
    const finite = sign > 0 ? scale(known, bottom, top, false, 0.12) : scale(known, top, bottom, false, 0.12);
    const y = { ticks: finite.ticks, at: (value) => (Number.isFinite(Columns.number(value)) ? finite.at(value) : TOP) };
    const taken = points.map((point) => box(x.at(point.ms) - 8, y.at(point[quality]) - 8, 16, 16));
    const labels = points.map((point) => free(named(point, methods[point.method], metrics), x.at(point.ms), y.at(point[quality]), width, taken));
    const below = width < NARROW && labels.some(({ hides }) => hides); // names go below rather than over each other
    const drawing = picture(width, height + below * LINE * points.length, `${metrics[0].label} against milliseconds per ${time}`);
    grid(drawing, x, y, width, height, sign > 0 ? Columns.axis(metrics[0]) : `${Columns.axis(metrics[0])} (axis inverted: lower is better)`, time);
    for (const level of levels) drawing.append(...limit(x.at(level), height, level, width));
    const front = points.filter((point) => point.front[quality]).sort((a, b) => a.ms - b.ms);
    if (front.length) drawing.append(svg("path", { class: "front", d: steps(front, x, y, width, quality) }));
    for (const [number, point] of points.entries()) {
      const label = below ? null : labels[number];
      drawing.append(placed(point, methods[point.method], x.at(point.ms), y.at(point[quality]), label, metrics, time));
    }
    if (below) drawing.append(...key(points.map((point) => [methods[point.method], named(point, methods[point.method], metrics)]), height, width));
    return drawing;
  }

  /* The line of a budget, and its name on the side that has room. */
  function limit(at, height, level, width) {
    const right = at + 120 < width;
    const name = text(at + (right ? 5 : -5), height - BOTTOM - 6, `budget ${short(level)} ms`, { "text-anchor": right ? "start" : "end", class: "tick" });
    return [svg("line", { class: "budget", x1: at, x2: at, y1: 8, y2: height - BOTTOM }), name];
  }

  function grid(drawing, x, y, width, height, label, time) {
    for (const tick of x.ticks(width / 64)) {
      drawing.append(svg("line", { class: "grid", x1: x.at(tick), x2: x.at(tick), y1: 8, y2: height - BOTTOM }));
      drawing.append(text(x.at(tick), height - BOTTOM + 18, short(tick), { "text-anchor": "middle", class: "tick" }));
    }
    const ticks = y.ticks(5);
    const labels = labelled(ticks);
    for (const [number, tick] of ticks.entries()) {
      drawing.append(svg("line", { class: "grid", x1: LEFT, x2: width - 8, y1: y.at(tick), y2: y.at(tick) }));
      drawing.append(text(LEFT - 8, y.at(tick) + 4, labels[number], { "text-anchor": "end", class: "tick" }));
    }
    drawing.append(text((LEFT + width) / 2, height - 6, `ms per ${time} (log)`, { "text-anchor": "middle", class: "axis" }));
    drawing.append(text(4, 12, label, { class: "axis" }));
  }

  /* The front as stairs: up to a point's quality from its time on. */
  function steps(points, x, y, width, quality) {
    const parts = points.map((point, index) => {
      const at = x.at(point.ms);
      return `${index ? `H${at}V` : `M${at} `}${y.at(point[quality])}`;
    });
    return `${parts.join("")}H${width - 8}`;
  }

  const box = (left, top, width, height) => ({ left, top, right: left + width, bottom: top + height });
  const meet = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

  /* Return where the name of a point stands: beside it, and where it hides nothing, if there is such a position. */
  function free(name, x, y, width, taken) {
    const long = name.length * LETTER;
    const positions = [-7, 18, -22, 33].flatMap((down) => [
      { x: x + 11, y: y + down, "text-anchor": "start", box: box(x + 11, y + down - 11, long, 14) },
      { x: x - 11, y: y + down, "text-anchor": "end", box: box(x - 11 - long, y + down - 11, long, 14) },
    ]);
    const inside = positions.filter((position) => position.box.left >= LEFT && position.box.right <= width);
    const clear = inside.find((position) => !taken.some((other) => meet(position.box, other)));
    const found = clear ?? inside[0] ?? positions[0];
    taken.push(found.box);
    return { ...found, hides: !clear };
  }

  function placed(point, method, left, top, label, metrics, time) {
    const group = svg("g", { class: "point", tabindex: 0, "data-method": method.key }, [
      svg("circle", { class: "target", cx: left, cy: top, r: 14 }),
      mark(method, left, top),
      ...(label ? [text(label.x, label.y, named(point, method, metrics), { "text-anchor": label["text-anchor"] })] : []),
    ]);
    const words = [
      method.name,
      metrics.map((metric) => `${metric.label} ${Columns.measure(metric, point[metric.name])}`).join(", "),
      `${short(point.ms)} ms per ${time}`,
      standing(point.judged, point.front[metrics[0].name]),
    ];
    usable(group, words.join(", "), () => Selection.pick(method.key));
    Tip.on(group, () => words);
    return group;
  }

  /* Return the name of a method; an infinite mean, which no axis has, is beside it. */
  function named(point, method, [metric]) {
    const value = Columns.number(point[metric.name]);
    return Number.isFinite(value) ? method.name : `${method.name} (${Columns.text(metric, point[metric.name])})`;
  }

  function standing(judged, front) {
    if (!judged) return "not on the Pareto front: it lacks images that others have, or was trained on some";
    return front ? "on the Pareto front: no method is both faster and better" : "another is at least as fast and as good";
  }

  return { draw };
})();
