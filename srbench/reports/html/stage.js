/* The stage: two pictures with a divider between them, or their difference. */
const Stage = (() => {
  "use strict";

  const { make } = Elements;

  return class {
    constructor(split) {
      this.canvas = make("canvas", { role: "img" });
      this.right = make("canvas");
      this.message = make("p", { class: "v-message" });
      this.names = { a: make("span", { class: "v-chip v-left" }), b: make("span", { class: "v-chip v-right" }) };
      const handle = make("div", { class: "v-divider", "aria-label": "Divider between A and B" });
      this.divider = new Divider(handle, split);
      this.element = make(
        "div",
        { class: "v-stage v-frame", tabindex: 0, role: "group", "aria-label": "Comparison of A and B", "aria-describedby": "v-help" },
        [this.canvas, this.message, this.names.a, this.names.b, handle],
      );
    }

    /* Paint A left and B right of the divider; `paint(canvas, view, pane)` tells whether there was a picture. */
    split(view, a, b, share, paint) {
      const left = paint(this.canvas, view, a);
      const right = paint(this.right, view, b);
      if (right) Painting.split(this.canvas, this.right, left ? share : 0);
      this.divider.element.hidden = !left || !right;
      this.divider.show(100 * share, `${a.name} left of it, ${b.name} right of it`);
    }

    difference(view, one, other, gain) {
      this.divider.element.hidden = true;
      if (one && other) Painting.difference(this.canvas, view, one, other, gain);
    }

    caption(left, right, message) {
      this.names.a.textContent = left;
      this.names.b.textContent = right;
      this.names.b.hidden = !right;
      this.message.textContent = message;
      this.canvas.setAttribute("aria-label", [left, right].filter(Boolean).join(", "));
    }
  };
})();
