/* The versions of a method: the mean of each, oldest left. */
const Versions = (() => {
  "use strict";

  const { svg, text, labelled, scale, picture } = Axes;

  const LEFT = 62;
  const HEIGHT = 220;
  const LETTER = 8; // pixels, about

  /* Draw `events` by a metric; those without a value are left out, an infinite one is at the top. */
  function draw(width, events, metric) {
    const points = events.map((event, place) => ({ event, place, value: Columns.number(event.values[metric.name]) }));
    const known = points.filter(({ value }) => !Number.isNaN(value));
    const finite = known.map(({ value }) => value).filter(Number.isFinite);
    const drawing = picture(width, HEIGHT, `${metric.label} of each version`);
    const x = scale(points.map(({ place }) => place), LEFT + 20, width - 32, false, 0);
    const y = scale(finite, HEIGHT - 46, 26, false, 0.12);
    const at = ({ place, value }) => [x.at(place), Number.isFinite(value) ? y.at(value) : 26];
    grid(drawing, y, width, Columns.directed(metric));
    names(drawing, x, points, width);
    const path = known.map((point, index) => `${index ? "L" : "M"}${at(point).map((each) => each.toFixed(1)).join(" ")}`);
    drawing.append(svg("path", { class: "curve", d: path.join("") }));
    for (const point of known) drawing.append(dot(point, at(point), metric));
    return drawing;
  }

  function grid(drawing, y, width, label) {
    const ticks = y.ticks(4);
    const labels = labelled(ticks);
    for (const [number, tick] of ticks.entries()) {
      drawing.append(svg("line", { class: "grid", x1: LEFT, x2: width - 12, y1: y.at(tick), y2: y.at(tick) }));
      drawing.append(text(LEFT - 8, y.at(tick) + 4, labels[number], { "text-anchor": "end", class: "tick" }));
    }
    drawing.append(text(4, 12, label, { class: "axis" }));
  }

  /* Name the versions, as many as have room. */
  function names(drawing, x, points, width) {
    const longest = Math.max(...points.map(({ event }) => event.label.length)) * LETTER;
    const every = Math.ceil((points.length * longest) / (width - LEFT));
    for (const { event, place } of points.filter((point) => point.place % every === 0)) {
      const anchor = place === 0 ? "start" : place === points.length - 1 ? "end" : "middle";
      const at = { start: x.at(place) - 6, middle: x.at(place), end: x.at(place) + 6 }[anchor];
      drawing.append(text(at, HEIGHT - 24, event.label, { "text-anchor": anchor, class: "tick" }));
    }
    drawing.append(text(width - 12, HEIGHT - 6, "version, oldest left", { "text-anchor": "end", class: "tick" }));
  }

  function dot({ event, place, value }, [left, top], metric) {
    const circle = svg("circle", { class: "version", cx: left, cy: top, r: 5, tabindex: 0, role: "img" });
    const changed = place ? `changed: ${event.changed.join(", ") || "nothing that counts"}` : "first version";
    const lines = [event.label, Columns.measure(metric, value), changed, ...event.details];
    circle.setAttribute("aria-label", lines.join(", "));
    Tip.on(circle, () => lines);
    return circle;
  }

  return { draw };
})();
