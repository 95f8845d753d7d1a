// Keys: “/” goes to the search, “?” lists the shortcuts. Both can be switched off in that list (WCAG 2.1.4), and never
// act while somebody types or a dialog is open.
"use strict";
(() => {
  const dialog = document.getElementById("shortcuts");
  if (!dialog) return;
  const choice = dialog.querySelector("[data-shortcuts-switch]");
  const stored = () => {
    try {
      return window.localStorage.getItem("shortcuts");
    } catch {
      return null; // storage may be switched off
    }
  };
  choice.checked = stored() !== "off";
  choice.addEventListener("change", () => {
    try {
      if (choice.checked) window.localStorage.removeItem("shortcuts");
      else window.localStorage.setItem("shortcuts", "off");
    } catch {
      // without storage the choice holds for this page only
    }
  });

  const open = () => { if (!dialog.open) dialog.showModal(); };
  const goToSearch = () => {
    const field = [document.getElementById("page-search"), document.getElementById("site-search")]
      .find((one) => one && one.checkVisibility());
    if (field) {
      field.focus();
      field.select();
    } else document.querySelector("[data-search-page]").click();
  };
  const keys = { "/": goToSearch, "?": open };

  document.addEventListener("keydown", (event) => {
    const act = keys[event.key];
    if (!act || !choice.checked || event.ctrlKey || event.altKey || event.metaKey) return;
    if (document.activeElement.matches("input:not([type=checkbox], [type=radio]), textarea, select")) return;
    if (document.querySelector("dialog[open]")) return;
    event.preventDefault();
    act();
  });
  document.addEventListener("click", (event) => { if (event.target.closest("[data-shortcuts]")) open(); });
})();
