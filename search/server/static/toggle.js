// Light, dark, or as the system has it.

import { icon } from "./dom.js";

const ORDER = ["auto", "light", "dark"];
const NAMES = { auto: "As the system", light: "Light", dark: "Dark" };

export function chooseTheme(button) {
  const root = document.documentElement;
  const show = () => {
    const theme = root.dataset.theme ?? "auto";
    button.replaceChildren(icon(theme));
    button.title = `Colours: ${NAMES[theme].toLowerCase()}`;
    button.setAttribute("aria-label", button.title);
  };
  button.addEventListener("click", () => {
    const theme = ORDER[(ORDER.indexOf(root.dataset.theme ?? "auto") + 1) % ORDER.length];
    if (theme === "auto") delete root.dataset.theme;
    else root.dataset.theme = theme;
    try {
      localStorage.setItem("crossgraph.theme", theme);
    } catch {
      // Then it lasts as long as the page.
    }
    show();
  });
  show();
}
