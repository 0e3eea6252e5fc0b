/* Panes: HR, LR and what each method made of it, side by side, with their scores. */
const Panes = (() => {
  "use strict";

  const { make, button } = Elements;

  const scores = (pane, factor, metrics) => {
    if (pane.name === "HR") return "ground truth";
    if (pane.name === "LR") return `input, 1/${factor} of the size`;
    if (pane[metrics[0].name] === null) return "no score";
    return pane.mark + metrics.map((metric) => Columns.measure(metric, pane[metric.name])).join(" · ");
  };

  return class {
    /* `metrics` are the columns of scores; `choose(side, name)` is called for side "a" or "b"; `prepare(canvas, panes)`
       gives a canvas its gestures. */
    constructor(metrics, choose, prepare) {
      this.metrics = metrics;
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
        make("span", { class: pane.best ? "v-score v-best" : "v-score" }, [scores(pane, image.factor, this.metrics)]),
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
