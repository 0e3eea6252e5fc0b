/* Charts with selects above, which choose what is drawn. */
const Choosing = (() => {
  "use strict";

  const { make, select } = Elements;

  /* Put a chart into an element: `choices` are [label, texts]; `paint(width, ...indices)` returns its picture. */
  function draw(root, choices, paint) {
    const chosen = choices.map(() => 0);
    const stage = make("div", { class: "stage" });
    const selects = choices.map(([label, texts], which) =>
      select(label, texts, (index) => {
        chosen[which] = index;
        again();
      }),
    );
    const useful = selects.filter((_, which) => choices[which][1].length > 1);
    const controls = make("div", { class: "controls" }, useful.map(({ label }) => label));
    root.replaceChildren(...(useful.length ? [controls] : []), stage);
    const again = Axes.responsive(stage, (width) => paint(width, ...chosen));
  }

  return { draw };
})();
