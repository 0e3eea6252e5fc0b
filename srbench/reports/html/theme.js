/* The theme: as dark as the system, until a button says otherwise. */
const Theme = (() => {
  "use strict";

  function enliven(button) {
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const now = () => document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light");
    const tell = () => (button.textContent = now() === "dark" ? "Light theme" : "Dark theme");
    button.addEventListener("click", () => {
      document.documentElement.dataset.theme = now() === "dark" ? "light" : "dark";
      tell();
    });
    dark.addEventListener("change", tell);
    button.hidden = false;
    tell();
  }

  return { enliven };
})();
