/* The divider between two pictures: a slider for pointer, touch and keyboard, in percent from the left. */
const Divider = (() => {
  "use strict";

  const KEYS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 };

  return class {
    /* `element` lies over the pictures; `change(percent)` is called when the reader moves it. */
    constructor(element, change) {
      this.element = element;
      this.change = change;
      this.value = 50;
      element.tabIndex = 0;
      for (const [name, value] of [["role", "slider"], ["aria-valuemin", 0], ["aria-valuemax", 100]]) {
        element.setAttribute(name, value);
      }
      element.addEventListener("keydown", (event) => this.key(event));
      element.addEventListener("pointerdown", (event) => {
        element.setPointerCapture(event.pointerId);
        event.stopPropagation();
      });
      element.addEventListener("pointermove", (event) => {
        if (element.hasPointerCapture(event.pointerId)) this.drag(event.clientX);
      });
    }

    show(value, text) {
      this.value = value;
      this.element.style.left = `${value}%`;
      this.element.setAttribute("aria-valuenow", Math.round(value));
      this.element.setAttribute("aria-valuetext", text);
    }

    key(event) {
      const ends = { Home: 0, End: 100 };
      const shift = event.shiftKey ? 10 : 1;
      const value = ends[event.key] ?? this.value + KEYS[event.key] * shift;
      if (Number.isNaN(value) || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      event.stopPropagation();
      this.change(value);
    }

    drag(x) {
      const box = this.element.parentElement.getBoundingClientRect();
      this.change(((x - box.left) / box.width) * 100);
    }
  };
})();
