/* The camera: which part of the scene a state shows, and how moving and zooming change it.

   A `scale` is how many device pixels a canvas has for a pixel of HR where the crop just fits it; `room` and steps are in
   CSS pixels. */
const Camera = (() => {
  "use strict";

  const GAP = 16; // between panes
  const SIDE = 240; // that a pane is wide at least, where two of them have room
  const STAGE = 560; // that the stage is wide and high at most

  const view = ({ image, zoom, x, y }, scale) => {
    const pixels = zoom < 1 ? scale * zoom : Math.round(scale * zoom);
    const [, , width, height] = image.box;
    return { width: width * scale, height: height * scale, scale: pixels, x, y };
  };

  /* Put a place of the scene into the middle, as far as nothing beside the scene would be seen. */
  const centred = (state, scale, x, y) => {
    const seen = view(state, scale);
    const [left, top, width, height] = State.bounds(state.image, state.whole);
    const inside = (value, from, length, part) =>
      part >= length ? from + length / 2 : State.clamp(value, from + part / 2, from + length - part / 2);
    return {
      x: inside(x, left, width, seen.width / seen.scale),
      y: inside(y, top, height, seen.height / seen.scale),
    };
  };

  return {
    /* Return the window (see painting.js) of a canvas. */
    view,

    /* Return the scales of panes and stage: whole numbers, so that all pixels of a crop are equally large. */
    scales({ box: [, , width, height] }, room) {
      const columns = Math.max(2, Math.floor((room + GAP) / (SIDE + GAP)));
      const most = (wide, high) => Math.max(1, Math.floor(Math.min(wide / width, high / height) * devicePixelRatio));
      return {
        small: most((room - GAP * (columns - 1)) / columns, 2 * SIDE),
        large: most(Math.min(room, STAGE), STAGE),
      };
    },

    moved(state, scale, x, y) {
      const share = devicePixelRatio / view(state, scale).scale;
      return centred(state, scale, state.x - x * share, state.y - y * share);
    },

    /* Zoom, so that what lies (x, y) from the middle of the canvas stays there. */
    zoomed(state, zoom, scale, x, y) {
      const closer = { ...state, zoom: State.limit(zoom, state.image, state.whole) };
      const shift = devicePixelRatio * (1 / view(state, scale).scale - 1 / view(closer, scale).scale);
      return { zoom: closer.zoom, ...centred(closer, scale, state.x + x * shift, state.y + y * shift) };
    },
  };
})();
