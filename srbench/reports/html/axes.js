/* What charts share: SVG elements, scales, ticks, the marks of methods. */
const Axes = (() => {
  "use strict";

  const SPACE = "http://www.w3.org/2000/svg";

  function svg(tag, attributes = {}, children = []) {
    const element = document.createElementNS(SPACE, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  const text = (x, y, words, attributes = {}) => svg("text", { x, y, ...attributes }, [words]);

  const LETTER = 7.4; // pixels of a letter, about

  /* Return words, cut where they are wider than so many pixels. */
  function clip(words, room) {
    const most = Math.floor(room / LETTER);
    return words.length > most ? `${words.slice(0, Math.max(3, most - 1))}…` : words;
  }

  /* Return a number with four digits at most. */
  function short(value) {
    if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
    return String(Number(value.toPrecision(Math.abs(value) >= 1000 ? 6 : 4)));
  }

  /* Return numbers as texts that tell them apart. */
  function labelled(ticks, digits = 4) {
    const texts = ticks.map((tick) => (digits === 4 ? short(tick) : String(Number(tick.toPrecision(digits)))));
    return new Set(texts).size === ticks.length || digits > 12 ? texts : labelled(ticks, digits + 1);
  }

  /* Return about `count` round numbers within a span. */
  function round(low, high, count) {
    const raw = (high - low) / Math.max(1, count);
    const power = 10 ** Math.floor(Math.log10(raw));
    const step = power * [1, 2, 5, 10].find((each) => each * power >= raw);
    const first = Math.ceil(low / step - 1e-9);
    return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, index) => (first + index) * step);
  }

  /* Return the round numbers of a logarithmic span, `count` at most where decades allow it. */
  function decades(low, high, count) {
    const within = (each) => each >= low * 0.999 && each <= high * 1.001;
    const first = Math.floor(Math.log10(low));
    const powers = Array.from({ length: Math.ceil(Math.log10(high)) - first + 1 }, (_, index) => 10 ** (first + index));
    const fine = powers.flatMap((power) => [1, 2, 5].map((each) => each * power)).filter(within);
    return fine.length <= count ? fine : powers.filter(within);
  }

  /* Return a scale: `at(value)` in pixels, `ticks(count)`. Values alone on an axis get some room. */
  function scale(values, from, to, logarithmic = false, room = 0.05) {
    const turn = logarithmic ? Math.log10 : (value) => value;
    const back = logarithmic ? (value) => 10 ** value : (value) => value;
    let low = values.length ? Math.min(...values.map(turn)) : 0;
    let high = values.length ? Math.max(...values.map(turn)) : 1;
    const apart = high - low > 2e-6 * Math.max(Math.abs(low), Math.abs(high)); // points are rounded, means are not
    const pad = apart ? (high - low) * room : logarithmic ? 0.3 : Math.abs(high) * 0.02 || 1;
    [low, high] = [low - pad, high + pad];
    return {
      at: (value) => from + ((turn(value) - low) / (high - low)) * (to - from),
      ticks(count) {
        const found = logarithmic ? decades(back(low), back(high), count) : [];
        return found.length > 1 ? found : round(back(low), back(high), count);
      },
    };
  }

  /* Return the mark of a method at a point. */
  function mark({ colour, shape }, x, y, attributes = {}) {
    const { class: more = "", ...others } = attributes;
    return svg("path", { d: shape, transform: `translate(${x.toFixed(2)} ${y.toFixed(2)})`, class: `m${colour} ${more}`, ...others });
  }

  const LINE = 20; // pixels of a line of a key

  /* Return a line for each of `names`, [[method, words]], from `top` downwards: where a drawing has no room for names. */
  function key(names, top, width) {
    return names.map(([method, words], number) => {
      const y = top + (number + 0.5) * LINE;
      const line = svg("g", { class: "point label", "data-method": method.key, tabindex: 0 }, [
        mark(method, 12, y),
        text(26, y + 4, clip(words, width - 26)),
      ]);
      usable(line, words, () => Selection.pick(method.key));
      return line;
    });
  }

  /* Keep a drawing as wide as its element: `draw(width)` returns the SVG element. */
  function responsive(root, draw) {
    let width = 0;
    const again = () => {
      width = root.clientWidth;
      if (!width) return;
      root.replaceChildren(draw(width));
      Selection.mark(root);
    };
    new ResizeObserver(() => root.clientWidth !== width && again()).observe(root);
    again();
    return again;
  }

  /* Return an empty picture. */
  function picture(width, height, label) {
    return svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "group", "aria-label": label });
  }

  /* Let an element be used by mouse and keyboard alike. */
  function usable(element, label, act) {
    element.setAttribute("role", "button");
    element.setAttribute("aria-label", label);
    element.addEventListener("click", act);
    element.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      act();
    });
  }

  return { svg, text, short, labelled, scale, mark, responsive, picture, usable, clip, key, LETTER, LINE };
})();
