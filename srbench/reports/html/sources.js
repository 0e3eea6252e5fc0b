/* Sources: the pictures of one image, decoded; crops from the page, whole images from disk. */
const Sources = (() => {
  "use strict";

  return class {
    /* `ready()` is called whenever one more is there, or failed. */
    constructor(image, pictures, ready) {
      this.image = image;
      this.ready = ready;
      this.waiting = 0;
      this.failed = new Set();
      this.lost = new Set(); // of whole images
      this.crops = new Map();
      this.wholes = null;
      const [x, y] = image.box;
      for (const pane of image.panes) {
        if (pane.picture) this.load(this.crops, this.failed, pane.name, pictures[pane.picture], { x, y, scale: this.scale(pane) });
      }
    }

    /* Load whole images, once. */
    widen() {
      if (this.wholes) return;
      this.wholes = new Map();
      for (const pane of this.image.panes) {
        if (pane.full) this.load(this.wholes, this.lost, pane.name, pane.full, { x: 0, y: 0, scale: this.scale(pane) });
      }
    }

    /* How many pixels of HR a pixel is wide. */
    scale({ role }) {
      return role === "input" ? this.image.factor : 1;
    }

    load(sources, failed, name, address, place) {
      const image = new Image();
      const end = () => {
        this.waiting -= 1;
        this.ready();
      };
      this.waiting += 1;
      image.addEventListener("load", () => {
        sources.set(name, { image, ...place });
        end();
      });
      image.addEventListener("error", () => {
        failed.add(name);
        end();
      });
      image.src = address;
    }

    /* Return the source of a pane, whole where that is wanted and there; undefined where there is none yet. */
    of(name, whole) {
      return (whole && this.wholes?.get(name)) || this.crops.get(name);
    }

    /* Why a pane has no source. */
    why(pane) {
      if (pane.status !== "ok") return `${pane.status}: ${pane.reason || "no reason given"}`;
      if (this.failed.has(pane.name)) return "the picture cannot be read";
      return pane.picture || pane.full ? "" : "the run folder has no crop of it";
    }
  };
})();
