/* Painting: where pixels of a scene lie on a canvas, and what is computed from them there.

   A source is {image, x, y, scale}: a picture whose left upper corner lies at (x, y) in HR, each of its pixels `scale`
   pixels of HR wide. A window is {width, height, scale, x, y}: a canvas in device pixels, `scale` of them for a pixel of
   HR, with (x, y) of HR in its middle. Maps are composited, never read back: that is allowed for files from disk, too. */
const Painting = (() => {
  "use strict";

  /* Return the canvas's context, cleared to opaque black. */
  const clear = (canvas, view) => {
    if (canvas.width !== view.width || canvas.height !== view.height) {
      canvas.width = view.width;
      canvas.height = view.height;
    }
    const context = canvas.getContext("2d");
    context.globalCompositeOperation = "source-over";
    context.fillStyle = "#000";
    context.fillRect(0, 0, canvas.width, canvas.height);
    return context;
  };

  /* Pixels are blocks, but where a whole image is shown smaller than its crop; those of LR always, so that they are seen. */
  const smooth = (view, source) =>
    source.scale * view.scale < 1 || (source.scale === 1 && !Number.isInteger(view.scale));

  const draw = (context, view, source) => {
    const left = Math.round(view.width / 2 - view.x * view.scale);
    const top = Math.round(view.height / 2 - view.y * view.scale);
    const scale = source.scale * view.scale;
    context.imageSmoothingEnabled = smooth(view, source);
    context.imageSmoothingQuality = "high";
    context.drawImage(
      source.image,
      left + source.x * view.scale,
      top + source.y * view.scale,
      source.image.naturalWidth * scale,
      source.image.naturalHeight * scale,
    );
  };

  const double = (context, canvas, times) => {
    context.imageSmoothingEnabled = false;
    context.globalCompositeOperation = "lighter";
    for (let gain = 1; gain < times; gain *= 2) context.drawImage(canvas, 0, 0);
    context.globalCompositeOperation = "source-over";
  };

  return {
    clear,

    picture(canvas, view, source) {
      draw(clear(canvas, view), view, source);
    },

    /* The absolute difference of two sources, times `gain` (a power of two), clipped at white. */
    difference(canvas, view, source, other, gain) {
      const context = clear(canvas, view);
      draw(context, view, source);
      context.globalCompositeOperation = "difference";
      draw(context, view, other);
      double(context, canvas, gain);
    },

    /* Put the part of `right` that lies right of `share` (0 to 1) over the canvas. */
    split(canvas, right, share) {
      const from = Math.round(canvas.width * share);
      const width = canvas.width - from;
      if (width > 0) {
        canvas.getContext("2d").drawImage(right, from, 0, width, canvas.height, from, 0, width, canvas.height);
      }
    },
  };
})();
