/* Gestures: wheel, drag, pinch and keys over a canvas become `move(dx, dy)` and `zoom(steps or factor, x, y)`,
   all in CSS pixels from the canvas's middle. */
const Gestures = (() => {
  "use strict";

  const STEP = 40; // CSS pixels that an arrow key moves
  const NOTCH = 60; // pixels of wheel that make a step

  const middle = (points) => ({
    x: points.reduce((sum, point) => sum + point.x, 0) / points.length,
    y: points.reduce((sum, point) => sum + point.y, 0) / points.length,
  });

  const distance = ([one, other]) => (other ? Math.hypot(one.x - other.x, one.y - other.y) : 0);

  const from = (canvas, point) => {
    const box = canvas.getBoundingClientRect();
    return [point.x - box.left - box.width / 2, point.y - box.top - box.height / 2];
  };

  const drag = (canvas, act) => {
    const points = new Map();
    const at = (event) => ({ x: event.clientX, y: event.clientY });
    const end = (event) => points.delete(event.pointerId);
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      points.set(event.pointerId, at(event));
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!points.has(event.pointerId)) return;
      const before = [...points.values()];
      points.set(event.pointerId, at(event));
      const now = [...points.values()];
      const [old, centre] = [middle(before), middle(now)];
      act.move(centre.x - old.x, centre.y - old.y);
      if (now.length === 2 && distance(before)) act.pinch(distance(now) / distance(before), ...from(canvas, centre));
    });
    for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) canvas.addEventListener(name, end);
  };

  /* A wheel scrolls the page, until the reader has clicked into the viewer or holds Ctrl. */
  const wheel = (canvas, act) => {
    let turned = 0;
    canvas.addEventListener(
      "wheel",
      (event) => {
        if (!event.ctrlKey && !act.active()) return;
        event.preventDefault();
        turned += event.deltaY * (event.deltaMode ? NOTCH : 1) * (event.ctrlKey ? 4 : 1);
        const steps = Math.trunc(turned / NOTCH);
        turned -= steps * NOTCH;
        if (steps) act.zoom(-Math.sign(steps), ...from(canvas, { x: event.clientX, y: event.clientY }));
      },
      { passive: false },
    );
  };

  return {
    pointers(canvas, act) {
      drag(canvas, act);
      wheel(canvas, act);
    },

    /* Arrow keys, plus, minus and zero; `others` maps further keys to what they do. */
    keys(element, act, others) {
      const known = {
        ArrowLeft: () => act.move(STEP, 0),
        ArrowRight: () => act.move(-STEP, 0),
        ArrowUp: () => act.move(0, STEP),
        ArrowDown: () => act.move(0, -STEP),
        "+": () => act.zoom(1, 0, 0),
        "=": () => act.zoom(1, 0, 0),
        "-": () => act.zoom(-1, 0, 0),
        0: () => act.fit(),
        ...others,
      };
      element.addEventListener("keydown", (event) => {
        if (event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(known, event.key)) return;
        event.preventDefault();
        known[event.key]();
      });
    },
  };
})();
