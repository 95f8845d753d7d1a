// The rows of the query filters: add, remove with undo, move. The order of the page is the order that is saved.
"use strict";
(() => {
  const form = document.querySelector("[data-filter-rows]");
  if (!form) return;
  const rows = document.getElementById("filter-rows");
  const blank = document.getElementById("filter-row-blank");
  const total = form.querySelector('[name$="-TOTAL_FORMS"]');
  const most = Number(form.querySelector('[name$="-MAX_NUM_FORMS"]').value);
  const adder = form.querySelector("[data-add-filter]");
  form.classList.add("is-enhanced");

  const all = () => [...rows.querySelectorAll("[data-filter-row]")];
  const input = (row, name) => row.querySelector(`[name$="-${name}"]`);
  const isRemoved = (row) => input(row, "DELETE").checked;

  const renumber = () => {
    all().forEach((row, place) => { input(row, "ORDER").value = place + 1; });
    const kept = all().filter((row) => !isRemoved(row));
    kept.forEach((row, place) => {
      row.querySelector('[data-move="up"]').disabled = place === 0;
      row.querySelector('[data-move="down"]').disabled = place === kept.length - 1;
    });
    adder.disabled = all().length >= most;
  };
  const changed = (row) => {
    renumber();
    input(row, "ORDER").dispatchEvent(new Event("change", { bubbles: true })); // counts anew, arms the guard
  };

  const add = () => {
    const place = Number(total.value);
    const template = document.createElement("template");
    template.innerHTML = blank.innerHTML.replaceAll("__prefix__", String(place));
    rows.append(template.content);
    total.value = place + 1;
    renumber();
    const row = rows.lastElementChild;
    input(row, "name").focus();
    input(row, "name").scrollIntoView({ block: "nearest" });
  };

  const setRemoved = (row, removed) => {
    input(row, "DELETE").checked = removed;
    row.classList.toggle("is-removed", removed);
    row.querySelector(".filter-gone").hidden = !removed;
    changed(row);
    (removed ? row.querySelector("[data-undo-filter]") : input(row, "name")).focus();
    if (removed && window.announce) window.announce("Filter removed. Undo is possible until you save.");
  };

  const move = (button) => {
    const row = button.closest("[data-filter-row]");
    const up = button.dataset.move === "up";
    let other = up ? row.previousElementSibling : row.nextElementSibling;
    while (other && isRemoved(other)) other = up ? other.previousElementSibling : other.nextElementSibling;
    if (!other) return;
    other.insertAdjacentElement(up ? "beforebegin" : "afterend", row);
    changed(row);
    const again = button.disabled ? row.querySelector("[data-move]:not(:disabled)") : button;
    if (again) again.focus();
  };

  form.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const row = button.closest("[data-filter-row]");
    if (button.matches("[data-add-filter]")) add();
    else if (button.matches("[data-remove-filter]")) setRemoved(row, true);
    else if (button.matches("[data-undo-filter]")) setRemoved(row, false);
    else if (button.matches("[data-move]")) move(button);
  });

  all().filter(isRemoved).forEach((row) => {
    row.classList.add("is-removed");
    row.querySelector(".filter-gone").hidden = false;
  });
  renumber();
})();
