/* Growth: time against size or threads, a line for each method; both axes are logarithmic. */
const Growth = (() => {
  "use strict";

  const { svg, text, short, labelled, scale, mark, picture, usable, clip, key, LETTER, LINE } = Axes;

  const LEFT = 56;
  const BOTTOM = 46;
  const TOP = 22;
  const NARROW = 560;

  /* Draw `lines`, each with `method` (of the legend) and `points` [[x, ms, low, high]]; `budget` is a level, in ms. */
  function draw(width, lines, label, budget) {
    const height = Math.min(380, Math.max(260, width * 0.45));
    const wanted = Math.max(...lines.map(({ method }) => method.name.length)) * LETTER + 18;
    const below = width < NARROW && wanted > width * 0.3; // names go below rather than being cut
    const names = below ? 16 : Math.min(width * 0.3, wanted);
    const drawing = picture(width, height + below * LINE * lines.length, `milliseconds per image against ${label}`);
    const all = lines.flatMap(({ points }) => points);
    const x = scale(all.map(([at]) => at), LEFT + 8, width - names, true);
    const levels = budget === null ? [] : [budget];
    const y = scale([...all.flatMap(([, ...times]) => times.filter((each) => each > 0)), ...levels], height - BOTTOM, TOP, true);
    grid(drawing, x, y, [...new Set(all.map(([at]) => at))], width - names, height, label);
    for (const level of levels) {
      drawing.append(svg("line", { class: "budget", x1: LEFT, x2: width - names, y1: y.at(level), y2: y.at(level) }));
      drawing.append(text(LEFT + 4, y.at(level) - 5, `budget ${short(level)} ms`, { class: "tick" }));
    }
    const rows = spread(lines.map(({ points }) => y.at(points.at(-1)[1])));
    lines.forEach((line, number) => drawing.append(drawn(line, x, y, rows[number], [width - names, below ? 0 : names - 8], label)));
    if (below) drawing.append(...key(lines.map(({ method }) => [method, method.name]), height, width));
    return drawing;
  }

  function grid(drawing, x, y, places, right, height, label) {
    const ticks = y.ticks(6);
    const words = labelled(ticks);
    for (const [number, tick] of ticks.entries()) {
      drawing.append(svg("line", { class: "grid", x1: LEFT, x2: right, y1: y.at(tick), y2: y.at(tick) }));
      drawing.append(text(LEFT - 8, y.at(tick) + 4, words[number], { "text-anchor": "end", class: "tick" }));
    }
    let last = -Infinity;
    for (const place of places.sort((a, b) => a - b)) {
      drawing.append(svg("line", { class: "grid", x1: x.at(place), x2: x.at(place), y1: TOP, y2: height - BOTTOM }));
      if (x.at(place) - last < 44) continue;
      last = x.at(place);
      drawing.append(text(last, height - BOTTOM + 18, String(Number(place.toPrecision(3))), { "text-anchor": "middle", class: "tick" }));
    }
    drawing.append(text((LEFT + right) / 2, height - 6, label, { "text-anchor": "middle", class: "axis" }));
    drawing.append(text(4, 12, "ms per image (log)", { class: "axis" }));
  }

  /* Return heights that are at least a line of text apart, in the order of those given. */
  function spread(heights) {
    const found = [];
    let last = -Infinity;
    for (const [number, height] of [...heights.entries()].sort(([, a], [, b]) => a - b)) {
      last = found[number] = Math.max(height, last + 15);
    }
    return found;
  }

  function drawn({ method, points }, x, y, row, [right, room], label) {
    const path = points.map(([at, ms], index) => `${index ? "L" : "M"}${x.at(at).toFixed(1)} ${y.at(ms).toFixed(1)}`);
    const group = svg("g", { class: "point growth", tabindex: 0, "data-method": method.key }, [
      svg("path", { class: `line m${method.colour}`, d: path.join("") }),
      ...points
        .filter(([, , low, high]) => low > 0 && high > 0)
        .map(([at, , low, high]) => svg("line", { class: `interval m${method.colour}`, x1: x.at(at), x2: x.at(at), y1: y.at(low), y2: y.at(high) })),
      ...points.map(([at, ms]) => mark(method, x.at(at), y.at(ms))),
      ...(room ? [text(right + 8, row + 4, clip(method.name, room))] : []),
    ]);
    const words = points.map(([at, ms, low, high]) => `${short(at)}: ${short(ms)} ms${low > 0 ? ` (${short(low)} to ${short(high)})` : ""}`);
    usable(group, [method.name, ...words].join(", "), () => Selection.pick(method.key));
    Tip.on(group, () => [method.name, label, ...words]);
    return group;
  }

  return { draw };
})();
