// Asks before a dangerous form is sent: <button data-confirm-title data-confirm-text data-confirm-verb data-confirm-typed>.
// The text comes from attributes and is put in as text, never as markup.
"use strict";
(() => {
  const dialog = document.getElementById("confirm-dialog");
  if (!dialog) return;
  const go = dialog.querySelector("[data-confirm-go]");
  const typed = document.getElementById("confirm-typed");
  let asked = null;

  const matches = () => !asked.dataset.confirmTyped || typed.value.trim() === asked.dataset.confirmTyped;
  const update = () => { go.disabled = !matches(); };

  const ask = (button) => {
    asked = button;
    const word = button.dataset.confirmTyped || "";
    document.getElementById("confirm-title").textContent = button.dataset.confirmTitle;
    document.getElementById("confirm-text").textContent = button.dataset.confirmText || "";
    dialog.querySelector("[data-confirm-typed-row]").hidden = !word;
    dialog.querySelector("[data-confirm-word]").textContent = word;
    go.textContent = button.dataset.confirmVerb || button.textContent.trim();
    typed.value = "";
    update();
    dialog.returnValue = "";
    dialog.showModal();
    dialog.querySelector("[data-confirm-cancel]").focus();
  };

  typed.addEventListener("input", update);
  typed.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault(); // Enter would press Cancel, the first button
    if (matches()) dialog.close("go");
  });
  dialog.addEventListener("close", () => {
    const button = asked;
    asked = null;
    if (dialog.returnValue !== "go" || !button) {
      if (button) button.focus();
      return;
    }
    button.dataset.confirmed = "yes";
    button.form.requestSubmit(button);
    delete button.dataset.confirmed;
  });
  document.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!button || !button.dataset.confirmTitle || button.dataset.confirmed) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    ask(button);
  }, true);
})();
