/* Elements of the page, made from code: texts become text, whatever they hold. */
const Elements = (() => {
  "use strict";

  function make(tag, attributes = {}, children = []) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  function button(text, act, attributes = {}) {
    const element = make("button", { type: "button", ...attributes }, [text]);
    element.addEventListener("click", act);
    return element;
  }

  function fill(element, texts) {
    element.replaceChildren(...texts.map((text) => make("option", {}, [text])));
  }

  function select(text, options, change) {
    const element = make("select", { "aria-label": text });
    fill(element, options);
    element.addEventListener("change", () => change(element.selectedIndex));
    return { element, label: make("label", {}, [make("span", {}, [text]), element]) };
  }

  return { make, button, fill, select };
})();
