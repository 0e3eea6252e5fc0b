/* The viewer: crops of HR (if there is one), LR and every method, at the same zoom and place, in pairs and as maps. */
const Viewer = (() => {
  "use strict";

  const { make, button, fill, select } = Elements;

  const titled = (show, image) =>
    ({ pictures: "Pictures", errors: `Error against ${State.named(image, "truth")}`, difference: "Difference of A and B" })[show];
  const KEYS =
    "Drag or use the arrow keys to move; + and − zoom, 0 fits; the wheel zooms after a click. " +
    "F flips between A and B, M changes the map, [ and ] go to the previous and next image. " +
    "The arrow keys also move the divider.";
  const TOUCH = "Pinch to zoom, then drag to move; drag the handle to compare.";
  const listed = (names) => [names.slice(0, -1).join(", "), names.at(-1)].filter(Boolean).join(" and ");

  const notes = (metrics, [image]) => {
    const names = metrics.map(({ label, unit }) => (unit ? `${label} (${unit})` : label));
    const scores =
      `${listed(names)} refer${names.length > 1 ? "" : "s"} to the whole image, not to the crop shown. ` +
      `The best ${metrics[0]?.label} is bold; * marks scores of an image that the method was trained on. `;
    return `${names.length ? scores : ""}Each pixel of ${State.named(image, "input")} is drawn as a block.`;
  };

  return class {
    /* Build the viewer of a gallery (see gallery.py) in an element of the page. */
    constructor(root, gallery) {
      this.root = root;
      this.gallery = gallery;
      root.classList.add("viewer");
      this.status = make("p", { class: "v-status", role: "status" });
      if (gallery.images.length) this.build();
      if (gallery.note) root.append(make("p", { class: "v-note" }, [gallery.note]));
      addEventListener("srbench:open", (event) => this.open(event.detail ?? {}));
    }

    build() {
      this.chooser = new Chooser(this.gallery, (image, method) => this.pick(image, method));
      this.stage = new Stage((split) => this.set({ split: State.clamp(split, 0, 100) }));
      this.panes = new Panes(this.gallery, (side, name) => this.set({ [side]: name }), (canvas) => this.listen(canvas, () => this.small));
      this.listen(this.stage.canvas, () => this.large);
      this.keys();
      this.main = make("div", { class: "v-main" }, [this.stage.element, this.controls()]);
      this.root.append(this.chooser.element, this.main, this.panes.element, make("p", { class: "v-note" }, [notes(this.gallery.metrics, this.gallery.images)]));
      this.go(State.parse(Fragment.read(), this.gallery));
      Fragment.listen((keys) => this.go(State.parse(keys, this.gallery)));
      new ResizeObserver(() => this.later(true)).observe(this.root);
    }

    controls() {
      this.sides = { a: this.side("a", "A, left"), b: this.side("b", "B, right") };
      this.show = select("Show", [], (index) => this.set({ show: this.shows[index] }));
      this.gain = select("Amplified", State.GAINS.map((gain) => `× ${gain}`), (index) => this.set({ gain: State.GAINS[index] }));
      this.whole = make("input", { type: "checkbox" });
      this.whole.addEventListener("change", () => this.set(State.fitted(this.state.image, this.whole.checked)));
      this.wide = make("label", { class: "v-check" }, [this.whole, "Whole image, from the run folder"]);
      const zoom = (sign, text, label) => button(text, () => this.step(sign), { "aria-label": label, title: label });
      return make("div", { class: "v-controls" }, [
        this.sides.a.label,
        this.sides.b.label,
        this.show.label,
        this.gain.label,
        this.wide,
        make("div", { class: "v-row" }, [
          make("span", { class: "v-pair" }, [zoom(-1, "−", "Zoom out"), zoom(1, "+", "Zoom in")]),
          button("Fit", () => this.fit()),
          button("Flip A and B", () => this.flip()),
        ]),
        this.status,
        make("div", { class: "v-help", id: "v-help" }, [
          make("p", { class: "v-keys" }, [KEYS]),
          make("p", { class: "v-touch" }, [TOUCH]),
        ]),
      ]);
    }

    side(side, text) {
      return select(text, [], (index) => this.set({ [side]: this.state.image.panes[index].name }));
    }

    get shows() {
      return State.shows(this.state.image);
    }

    listen(canvas, scale) {
      Gestures.pointers(canvas, {
        active: () => this.root.contains(document.activeElement),
        move: (x, y) => this.move(x, y, scale()),
        pinch: (factor, x, y) => this.zoom(this.state.zoom * factor, scale(), x, y),
        zoom: (sign, x, y) => this.step(sign, scale(), x, y),
      });
      canvas.addEventListener("pointerdown", () => this.stage.element.focus({ preventScroll: true }));
    }

    keys() {
      const act = {
        move: (x, y) => this.move(x, y),
        zoom: (sign) => this.step(sign),
        fit: () => this.fit(),
      };
      const others = {
        f: () => this.flip(),
        m: () => this.set({ show: this.shows[(this.shows.indexOf(this.state.show) + 1) % this.shows.length] }),
        "[": () => this.chooser.step(-1),
        "]": () => this.chooser.step(1),
      };
      Gestures.keys(this.stage.element, act, others);
    }

    /* Show a state that the fragment spells, or that is the first. */
    go(state) {
      const image = this.state?.image;
      this.state = state;
      if (image !== state.image) this.enter();
      if (state.whole) this.sources.widen();
      this.later();
    }

    enter() {
      const { image } = this.state;
      this.sources = new Sources(image, this.gallery.pictures, () => this.later());
      this.panes.show(image);
      for (const { element } of Object.values(this.sides)) fill(element, image.panes.map((pane) => pane.name));
      fill(this.show.element, this.shows.map((show) => titled(show, image)));
      this.wide.hidden = !image.panes.some((pane) => pane.full);
      this.chooser.show(image);
      this.said = "";
      this.later(true);
    }

    /* Go to an image; a method to look at comes before HR, or else its input. */
    pick(image, method) {
      const names = image.panes.map((pane) => pane.name);
      const { a, b, split, show, gain } = State.parse({ ...State.format(this.state), image: image.id }, this.gallery);
      const pair = names.includes(method) ? { a: method, b: State.named(image, "truth") ?? State.named(image, "input") } : { a, b };
      this.state = { image, ...pair, split, show, gain, ...State.fitted(image, false) };
      this.enter();
      this.set(pair);
    }

    /* Open what a chart or a table asks for. */
    open({ dataset, factor, protocol, on_device: device, image, method }) {
      const found = this.gallery.images.find(
        (each) =>
          each.dataset === dataset &&
          each.factor === Number(factor) &&
          each.protocol === protocol &&
          each.on_device === (device ?? "") &&
          each.image === image,
      );
      if (found) this.pick(found, method);
      else this.say(`${image} of ${dataset} x${factor}, ${protocol}, has no pictures in this report.`);
      const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
      this.root.scrollIntoView({ block: "start", behavior });
    }

    say(text) {
      this.said = text;
      this.status.textContent = text;
      if (!this.status.isConnected) this.root.append(this.status);
    }

    set(changes) {
      Object.assign(this.state, changes);
      const { state } = this;
      if (state.whole) this.sources.widen();
      for (const name of ["split", "zoom", "x", "y"]) state[name] = State.round(state[name]);
      this.said = "";
      Fragment.merge(State.format(state));
      this.later();
    }

    move(x, y, scale = this.large) {
      this.set(Camera.moved(this.state, scale, x, y));
    }

    zoom(zoom, scale = this.large, x = 0, y = 0) {
      this.set(Camera.zoomed(this.state, zoom, scale, x, y));
    }

    step(sign, scale, x, y) {
      const { zoom, image, whole } = this.state;
      this.zoom(State.step(zoom, sign, image, whole), scale, x, y);
    }

    fit() {
      this.set(State.fitted(this.state.image, this.state.whole));
    }

    flip() {
      this.set({ split: this.state.split > 50 ? 0 : 100 });
    }

    /* Draw once, when the browser is about to. */
    later(resized = false) {
      this.resized ||= resized;
      this.root.setAttribute("aria-busy", "true");
      this.frame ||= requestAnimationFrame(() => {
        this.frame = 0;
        if (this.resized) this.layout();
        this.resized = false;
        this.draw();
        this.root.setAttribute("aria-busy", this.sources.waiting > 0);
      });
    }

    layout() {
      const { image } = this.state;
      Object.assign(this, Camera.scales(image, this.root.clientWidth));
      this.root.style.setProperty("--v-pane", `${(image.box[2] * this.small) / devicePixelRatio}px`);
    }

    draw() {
      const { state } = this;
      const view = Camera.view(state, this.small);
      const moving = state.zoom > State.least(state.image, state.whole);
      this.root.classList.toggle("v-moving", moving);
      for (const each of this.panes.all) {
        this.size(each.canvas, view);
        const painted = this.paint(each.canvas, view, each.pane);
        each.message.textContent = painted ? "" : this.sources.why(each.pane);
        each.canvas.setAttribute("aria-label", `${each.pane.name}: ${painted ? this.description() : each.message.textContent}`);
      }
      this.panes.mark(state.a, state.b);
      this.drawStage();
      this.tell();
    }

    drawStage() {
      const { a, b, split, show, gain, whole } = this.state;
      const view = Camera.view(this.state, this.large);
      const [left, right] = [a, b].map((name) => this.state.image.panes.find((pane) => pane.name === name));
      this.size(this.stage.canvas, view);
      Painting.clear(this.stage.canvas, view);
      const missing = [left, right].filter((pane) => !this.sources.of(pane.name, whole));
      const why = missing.map((pane) => `${pane.name}: ${this.sources.why(pane)}`).join("; ");
      if (show === "difference") {
        this.stage.difference(view, this.sources.of(a, whole), this.sources.of(b, whole), gain);
        this.stage.caption(`|${a} − ${b}| × ${gain}`, "", why);
      } else {
        this.stage.split(view, left, right, split / 100, (...what) => this.paint(...what));
        this.stage.caption(`A: ${a}`, `B: ${b}`, this.sources.waiting ? "" : why);
      }
    }

    size(canvas, view) {
      canvas.style.width = `${view.width / devicePixelRatio}px`;
      canvas.style.height = `${view.height / devicePixelRatio}px`;
    }

    /* Paint a pane's picture, or its error against HR; tell whether there was one. */
    paint(canvas, view, pane) {
      const { show, gain, whole, image } = this.state;
      const [source, truth] = [pane.name, State.named(image, "truth")].map((name) => this.sources.of(name, whole));
      if (!source || (show === "errors" && !truth)) {
        Painting.clear(canvas, view);
        return false;
      }
      if (show === "errors") Painting.difference(canvas, view, source, truth, gain);
      else Painting.picture(canvas, view, source);
      return true;
    }

    /* What panes show. */
    description() {
      const { show, gain, image } = this.state;
      return show === "errors" ? `absolute difference from ${State.named(image, "truth")}, times ${gain}, clipped` : "picture";
    }

    /* How large pixels are drawn: 100 % is a pixel of HR, and so of SR, on one of the screen. */
    zoomed() {
      const { scale } = Camera.view(this.state, this.large);
      const pixel = `a pixel of ${State.named(this.state.image, "truth") ?? "SR"}`;
      return `Zoom ${Math.round(100 * scale)} %${scale > 1 && Number.isInteger(scale) ? `, ${pixel} on ${scale} × ${scale} of the screen` : ""}`;
    }

    tell() {
      const { a, b, show, gain, split, whole, image } = this.state;
      for (const [side, { element }] of Object.entries(this.sides)) {
        element.selectedIndex = image.panes.findIndex((pane) => pane.name === this.state[side]);
      }
      this.show.element.selectedIndex = this.shows.indexOf(show);
      this.gain.element.selectedIndex = State.GAINS.indexOf(gain);
      this.gain.element.disabled = show === "pictures";
      this.whole.checked = whole;
      const shown = {
        pictures: `${a} left, ${b} right of the divider at ${Math.round(split)} %`,
        errors: `Each picture's absolute difference from ${State.named(image, "truth")}, times ${gain}, clipped; black means no error`,
        difference: `Absolute difference of ${a} and ${b}, times ${gain}, clipped; black means no difference`,
      };
      const { lost } = this.sources;
      const crops = lost.size ? ` Only the crop of ${[...lost].join(", ")} is available: keep this page in its run folder.` : "";
      const text = this.said || `${shown[show]}. ${this.zoomed()}${whole ? `, whole image.${crops}` : "."}`;
      if (this.status.textContent !== text) this.status.textContent = text;
    }
  };
})();
