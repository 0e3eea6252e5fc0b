/* Panes: HR, LR and what each method made of it, side by side, with their scores. */
const Panes = (() => {
  "use strict";

  const { make, button } = Elements;

  const infinite = (value) => (value === "inf" ? Infinity : value);

  const scores = (pane, factor) => {
    if (pane.name === "HR") return "ground truth";
    if (pane.name === "LR") return `input, 1/${factor} of the size`;
    if (pane.psnr === null) return "no score";
    const psnr = pane.psnr === "inf" ? "∞" : pane.psnr.toFixed(2);
    return `${psnr} dB · ${pane.ssim === null ? "–" : pane.ssim.toFixed(4)}`;
  };

  return class {
    /* `choose(side, name)` is called for side "a" or "b"; `prepare(canvas, panes)` gives a canvas its gestures. */
    constructor(choose, prepare) {
      this.choose = choose;
      this.prepare = prepare;
      this.element = make("div", { class: "v-panes" });
    }

    show(image) {
      const best = Math.max(...image.panes.map((pane) => infinite(pane.psnr) ?? -Infinity));
      this.all = image.panes.map((pane) => this.build(pane, image, infinite(pane.psnr) === best));
      this.element.replaceChildren(...this.all.map((each) => each.figure));
    }

    build(pane, image, best) {
      const canvas = make("canvas", { role: "img" });
      this.prepare(canvas);
      const message = make("p", { class: "v-message" });
      const sides = Object.fromEntries(["a", "b"].map((side) => [side, this.side(side, pane.name)]));
      const caption = make("figcaption", {}, [
        make("span", { class: "v-name", title: pane.name }, [pane.name]),
        make("span", { class: "v-sides" }, Object.values(sides)),
        make("span", { class: best ? "v-score v-best" : "v-score" }, [scores(pane, image.factor)]),
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
