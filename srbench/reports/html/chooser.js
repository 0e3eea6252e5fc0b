/* The chooser: which setting (dataset, factor, protocol, device) and which image of it. */
const Chooser = (() => {
  "use strict";

  const { make, button, fill, select } = Elements;

  const KEYS = ["dataset", "factor", "protocol", "on_device"];
  const setting = (image) =>
    `${image.dataset} x${image.factor}, ${image.protocol}${image.on_device ? `, on ${image.on_device}` : ""}`;
  const same = (one, other) => KEYS.every((name) => one[name] === other[name]);

  /* How far apart methods are on an image, in the leading metric. */
  const spread = (image, { name }) => {
    const scores = image.panes.map((pane) => Columns.number(pane[name]));
    const values = [...new Set(scores.filter((value) => !Number.isNaN(value)))];
    return values.length > 1 ? Math.max(...values) - Math.min(...values) : 0;
  };

  const most = (images, value) => images.reduce((best, each) => (value(each) > value(best) ? each : best));

  return class {
    /* `pick(image, method)` is called when the reader chooses; the method is one to look at, or undefined. */
    constructor(gallery, pick) {
      this.images = gallery.images;
      this.pictures = gallery.pictures;
      [this.leading] = gallery.metrics;
      this.pick = pick;
      this.settings = this.images.filter((image, index) => index === this.images.findIndex((one) => same(one, image)));
      this.several = this.images.length > this.settings.length; // else each has one
      this.element = make("div", { class: "v-chooser" });
      this.strip = make("div", { class: "v-strip", role: "group", "aria-label": "Images of this setting" });
      this.element.append(this.controls(), this.strip);
    }

    get shown() {
      return this.images.filter((image) => same(image, this.image));
    }

    controls() {
      this.setting = select("Dataset and factor", this.settings.map(setting), (index) => this.pick(this.first(index)));
      this.name = select("Image", [], (index) => this.pick(this.shown[index]));
      this.worst = select("Worst for", [], (index) => index && this.pick(...this.worstFor(this.methods[index - 1])));
      const apart = button("Largest disagreement", () => this.pick(most(this.shown, (image) => spread(image, this.leading))));
      if (this.leading) apart.title = `The image with the largest difference between the best and the worst method, in ${this.leading.label}`;
      const step = (by, sign, label) => button(sign, () => this.step(by), { "aria-label": label, title: label });
      const others = [
        make("span", { class: "v-pair" }, [step(-1, "‹", "Previous image"), step(1, "›", "Next image")]),
        ...(this.leading ? [apart, this.worst.label] : []),
      ];
      return make("div", { class: "v-row" }, [this.setting.label, this.name.label, ...(this.several ? others : [])]);
    }

    first(index) {
      return this.images.find((image) => same(image, this.settings[index]));
    }

    /* Return the image with the worst score of a method, and the method. */
    worstFor(method) {
      const value = (image) => {
        const pane = image.panes.find((each) => each.name === method) ?? {};
        const found = Columns.number(pane[this.leading.name]);
        return Number.isNaN(found) ? -Infinity : -found * Columns.sign(this.leading);
      };
      return [most(this.shown, value), method];
    }

    step(by) {
      const images = this.shown;
      this.pick(images[(images.indexOf(this.image) + by + images.length) % images.length]);
    }

    show(image) {
      const moved = !this.image || !same(this.image, image);
      this.image = image;
      if (moved) this.fill();
      this.setting.element.selectedIndex = this.settings.findIndex((each) => same(each, image));
      this.name.element.selectedIndex = this.shown.indexOf(image);
      this.worst.element.selectedIndex = 0;
      [...this.strip.children].forEach((thumb, index) => {
        const current = this.shown[index] === image;
        thumb.setAttribute("aria-pressed", current);
        if (current) this.reveal(thumb);
      });
    }

    /* Scroll the strip alone: the page stays where it is. */
    reveal(thumb) {
      const left = thumb.offsetLeft - this.strip.offsetLeft;
      this.strip.scrollLeft = left - (this.strip.clientWidth - thumb.offsetWidth) / 2;
    }

    fill() {
      const images = this.shown;
      this.methods = [...new Set(images.flatMap((image) => image.panes.filter(({ role }) => !role).map((pane) => pane.name)))];
      fill(this.name.element, images.map((image) => image.image));
      fill(this.worst.element, ["choose a method", ...this.methods]);
      this.strip.replaceChildren(...images.map((image) => this.thumb(image)));
    }

    thumb(image) {
      const frame = make("span", { class: "v-thumb" });
      if (image.small) {
        const [x, y, width, height] = image.box;
        const box = make("span", { class: "v-box" });
        const share = (part, whole) => `${(100 * part) / whole}%`;
        const [w, h] = image.whole;
        Object.assign(box.style, { left: share(x, w), top: share(y, h), width: share(width, w), height: share(height, h) });
        frame.append(make("img", { src: this.pictures[image.small], alt: "" }), box);
      }
      const thumb = button("", () => this.pick(image), { title: image.image });
      thumb.append(frame, make("span", { class: "v-name" }, [image.image]));
      return thumb;
    }
  };
})();
