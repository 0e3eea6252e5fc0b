/* Panes: HR (if there is one), LR and what each method made of it, side by side, with their scores. */
const Panes = (() => {
  "use strict";

  const { make, button } = Elements;

  /* Return what is said below a picture; the first is what is bold if the score is the best. */
  const scores = (pane, factor, { metrics: known, joined }) => {
    if (pane.role === "truth") return ["ground truth"];
    if (pane.role === "input") return [pane.name === "input" ? `1/${factor} of the size` : `input, 1/${factor} of the size`];
    const metrics = known.filter(({ name }) => pane[name] !== undefined); // of the setting
    if (metrics.every(({ name }) => pane[name] === null)) return [metrics.length ? "no score" : ""];
    const texts = metrics.map((metric) => Columns.measure(metric, pane[metric.name]));
    if (joined) return [pane.mark + texts.join(" · ")];
    return metrics.map(({ label }, index) => `${index ? "" : pane.mark}${label} ${texts[index]}`);
  };

  return class {
    /* `gallery` has the columns of scores; `choose(side, name)` is called for side "a" or "b"; `prepare(canvas, panes)`
       gives a canvas its gestures. */
    constructor(gallery, choose, prepare) {
      this.gallery = gallery;
      this.choose = choose;
      this.prepare = prepare;
      this.element = make("div", { class: "v-panes" });
    }

    show(image) {
      this.all = image.panes.map((pane) => this.build(pane, image));
      this.element.replaceChildren(...this.all.map((each) => each.figure));
    }

    build(pane, image) {
      const canvas = make("canvas", { role: "img" });
      this.prepare(canvas);
      const message = make("p", { class: "v-message" });
      const sides = Object.fromEntries(["a", "b"].map((side) => [side, this.side(side, pane.name)]));
      const caption = make("figcaption", {}, [
        make("span", { class: "v-name", title: pane.name }, [pane.name]),
        make("span", { class: "v-sides" }, Object.values(sides)),
        make("span", { class: "v-scores" }, scores(pane, image.factor, this.gallery).map((text, index) =>
          make("span", { class: pane.best && !index ? "v-score v-best" : "v-score" }, [text]),
        )),
      ]);
      if (pane.status === "ok" && pane.reason) caption.append(make("span", { class: "v-remark" }, [pane.reason]));
      const figure = make("figure", {}, [make("div", { class: "v-frame" }, [canvas, message]), caption]);
      return { pane, figure, canvas, message, sides };
    }

    side(side, name) {
      const label = `Show ${name} on the ${side === "a" ? "left (A)" : "right (B)"} of the divider`;
      return button(side.toUpperCase(), () => this.choose(side, name), { "aria-label": label, title: label });
    }

    /* Tell which are compared. */
    mark(a, b) {
      for (const { pane, sides } of this.all) {
        sides.a.setAttribute("aria-pressed", pane.name === a);
        sides.b.setAttribute("aria-pressed", pane.name === b);
      }
    }
  };
})();
