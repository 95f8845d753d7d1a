// Runs before the first paint: marks that scripts work and puts the chosen theme on the root element.
"use strict";
(() => {
  const root = document.documentElement;
  const system = window.matchMedia("(prefers-color-scheme: dark)");

  const chosen = () => {
    try {
      const theme = window.localStorage.getItem("theme");
      return theme === "light" || theme === "dark" ? theme : "system";
    } catch {
      return "system"; // storage may be switched off
    }
  };

  const show = () => {
    const theme = chosen();
    root.dataset.bsTheme = theme === "system" ? (system.matches ? "dark" : "light") : theme;
    document.dispatchEvent(new CustomEvent("theme:changed"));
  };

  root.classList.add("js");
  show();
  system.addEventListener("change", show);
  window.addEventListener("storage", show);

  document.addEventListener("DOMContentLoaded", () => {
    for (const choice of document.querySelectorAll("[data-theme-choice]")) {
      choice.checked = choice.value === chosen();
      choice.addEventListener("change", () => {
        try {
          if (choice.value === "system") window.localStorage.removeItem("theme");
          else window.localStorage.setItem("theme", choice.value);
        } catch {
          // without storage the choice holds for this page only
        }
        root.dataset.bsTheme = choice.value === "system" ? (system.matches ? "dark" : "light") : choice.value;
        document.dispatchEvent(new CustomEvent("theme:changed"));
      });
    }
  });
})();
