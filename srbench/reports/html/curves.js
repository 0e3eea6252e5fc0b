/* The curve of a training: a line over its steps. */
const Curves = (() => {
  "use strict";

  const { svg, text, labelled, scale, picture } = Axes;

  const LEFT = 62;
  const HEIGHT = 200;

  /* Draw points [[step, value]]; those without a value are left out. `bicubic` is a level to compare them with. */
  function draw(width, points, label, logarithmic = false, bicubic = null) {
    const known = points.filter(([, value]) => Number.isFinite(value) && (!logarithmic || value > 0));
    const drawing = picture(width, HEIGHT, label);
    const x = scale(known.map(([step]) => step), LEFT, width - 12, false, 0);
    const levels = Number.isFinite(bicubic) ? [bicubic] : [];
    const y = scale([...known.map(([, value]) => value), ...levels], HEIGHT - 34, 22, logarithmic);
    const ticks = y.ticks(4);
    const labels = labelled(ticks);
    for (const [number, tick] of ticks.entries()) {
      drawing.append(svg("line", { class: "grid", x1: LEFT, x2: width - 12, y1: y.at(tick), y2: y.at(tick) }));
      drawing.append(text(LEFT - 8, y.at(tick) + 4, labels[number], { "text-anchor": "end", class: "tick" }));
    }
    for (const tick of x.ticks(width / 80)) {
      drawing.append(text(x.at(tick), HEIGHT - 16, tick.toLocaleString("en"), { "text-anchor": "middle", class: "tick" }));
    }
    const line = known.map(([step, value], index) => `${index ? "L" : "M"}${x.at(step).toFixed(1)} ${y.at(value).toFixed(1)}`);
    drawing.append(svg("path", { class: "curve", d: line.join("") }), text(4, 12, label, { class: "axis" }));
    for (const level of levels) {
      drawing.append(svg("line", { class: "zero", x1: LEFT, x2: width - 12, y1: y.at(level), y2: y.at(level) }));
      const name = `bicubic (MATLAB) ${level.toFixed(2)}`;
      drawing.append(text(width - 12, y.at(level) - 5, name, { "text-anchor": "end", class: "tick" }));
    }
    drawing.append(text(width - 12, HEIGHT - 2, "step", { "text-anchor": "end", class: "tick" }));
    return drawing;
  }

  return { draw };
})();
