/* The state of the viewer, and how the fragment of an address spells it. */
const State = (() => {
  "use strict";

  const SHOWS = ["pictures", "errors", "difference"];
  const GAINS = [1, 2, 4, 8, 16];
  const ZOOMS = [1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, 32];
  const PLAIN = { split: 50, zoom: 1, show: "pictures", gain: 4, whole: false };

  const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
  const round = (value) => Math.round(value * 1000) / 1000; // as many digits as an address has

  /* Return a number between two others; anything else is the fallback. */
  const number = (text, low, high, fallback) => {
    const value = /^-?[0-9]+(\.[0-9]+)?$/.test(text ?? "") ? Number(text) : NaN;
    return Number.isFinite(value) ? round(clamp(value, low, high)) : fallback;
  };

  const oneOf = (value, known, fallback) => (known.includes(value) ? value : fallback);
  const centre = ([x, y, width, height]) => ({ x: x + width / 2, y: y + height / 2 });
  const bounds = (image, whole) => (whole ? [0, 0, ...image.whole] : image.box);

  /* The least zoom: 1 shows the crop, less than that shows more of a whole image. */
  const least = (image, whole) =>
    whole ? Math.min(1, Math.floor(1000 * Math.min(image.box[2] / image.whole[0], image.box[3] / image.whole[1])) / 1000) : 1;

  /* The name of the pane of a role: "truth" is what errors are against, "input" what methods were given. */
  const named = (image, role) => image.panes.find((pane) => pane.role === role)?.name;

  /* What there is to show: errors need a truth. */
  const shows = (image) => SHOWS.filter((show) => show !== "errors" || named(image, "truth"));

  return {
    GAINS,
    named,
    shows,
    clamp,
    round,
    bounds,
    least,

    /* What a place of the scene starts with. */
    fitted: (image, whole) => ({ whole, zoom: least(image, whole), ...centre(bounds(image, whole)) }),

    /* The next larger or smaller zoom. */
    step(zoom, sign, image, whole) {
      const small = least(image, whole);
      const zooms = [small, ...[0.25, 0.5, 0.75].filter((each) => each > small), ...ZOOMS.filter((each) => each > small)];
      const further = sign > 0 ? zooms.find((each) => each > zoom) : zooms.findLast((each) => each < zoom);
      return further ?? zoom;
    },

    limit: (zoom, image, whole) => clamp(zoom, least(image, whole), ZOOMS.at(-1)),

    /* Return the state that keys spell; what they spell wrongly is as if left out. */
    parse(keys, gallery) {
      const image = gallery.images.find((each) => each.id === keys.image) ?? gallery.images[0];
      const names = image.panes.map((pane) => pane.name);
      const [a, b] = gallery.pair;
      const whole = keys.whole === "1" && image.panes.some((pane) => pane.full);
      const [x, y, width, height] = bounds(image, whole);
      const start = State.fitted(image, whole);
      return {
        image,
        a: oneOf(keys.a, names, oneOf(a, names, names[0])),
        b: oneOf(keys.b, names, oneOf(b, names, names.at(-1))),
        split: number(keys.split, 0, 100, PLAIN.split),
        zoom: number(keys.zoom, start.zoom, ZOOMS.at(-1), start.zoom),
        x: number(keys.x, x, x + width, start.x),
        y: number(keys.y, y, y + height, start.y),
        show: oneOf(keys.show, shows(image), PLAIN.show),
        gain: oneOf(Number(keys.gain), GAINS, PLAIN.gain),
        whole,
      };
    },

    /* Return keys; null where the state is what it is without them. */
    format(state) {
      const { image, a, b, whole } = state;
      const start = { ...PLAIN, ...State.fitted(image, whole) };
      const keys = { image: image.id, a, b, whole: whole ? "1" : null };
      for (const name of ["split", "zoom", "x", "y", "show", "gain"]) {
        keys[name] = state[name] === start[name] ? null : String(state[name]);
      }
      return keys;
    },
  };
})();
