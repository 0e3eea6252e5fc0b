/* The method that the reader has picked, marked wherever it stands; and the tip beside the pointer. */
const Selection = (() => {
  "use strict";

  let chosen = "";

  /* Mark everything that belongs to the method that is picked; charts call it when they are drawn anew. */
  function mark(root = document) {
    document.body.classList.toggle("picking", chosen !== "");
    for (const element of root.querySelectorAll("[data-method]")) {
      const picked = element.dataset.method === chosen;
      element.classList.toggle("picked", picked);
      element.querySelector(":scope > th > [aria-pressed]")?.setAttribute("aria-pressed", picked);
    }
  }

  function pick(method) {
    chosen = method === chosen ? "" : method;
    mark();
    Fragment.merge({ method: chosen || null });
  }

  function set(method) {
    chosen = method ?? "";
    mark();
  }

  return { mark, pick, set };
})();

const Tip = (() => {
  "use strict";

  const GAP = 12;

  function show(target, lines) {
    const tip = document.getElementById("tip");
    tip.replaceChildren(...lines.map((line) => Elements.make("span", {}, [line])));
    tip.hidden = false;
    const { left, right, top, bottom } = target.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = tip;
    const x = Math.min(Math.max((left + right - width) / 2, 4), document.documentElement.clientWidth - width - 4);
    tip.style.left = `${x}px`;
    tip.style.top = `${top - height - GAP > 0 ? top - height - GAP : bottom + GAP}px`;
  }

  function hide() {
    document.getElementById("tip").hidden = true;
  }

  /* Show lines while the pointer or the focus is on an element. */
  function on(element, lines) {
    for (const name of ["pointerenter", "focus"]) element.addEventListener(name, () => show(element, lines()));
    for (const name of ["pointerleave", "blur"]) element.addEventListener(name, hide);
  }

  return { on, hide };
})();
