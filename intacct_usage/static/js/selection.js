// Ticking rows of a list: “3 of 214 selected”, this page at once, all that the filters find.
"use strict";
(() => {
  const form = document.querySelector("[data-selection]");
  if (!form) return;
  const total = Number(form.dataset.total);
  const boxes = [...form.querySelectorAll("[data-select-row]")];
  const head = form.querySelector("[data-select-page]");
  const said = form.querySelector("[data-selected]");
  const everything = form.querySelector("[data-select-all]");
  const clear = form.querySelector("[data-select-none]");
  const all = form.querySelector('input[name="all"]');
  const actions = form.querySelectorAll("[data-needs-selection]");
  const grouped = new Intl.NumberFormat(document.documentElement.lang || "en");

  const show = () => {
    const ticked = boxes.filter((box) => box.checked).length;
    const count = all.value === "yes" ? total : ticked;
    head.checked = ticked > 0 && ticked === boxes.length;
    head.indeterminate = ticked > 0 && ticked < boxes.length;
    said.textContent = `${grouped.format(count)} of ${grouped.format(total)} selected`;
    everything.hidden = all.value === "yes" || total <= boxes.length;
    clear.hidden = count === 0;
    for (const button of actions) button.disabled = count === 0;
    for (const box of boxes) box.closest("tr").classList.toggle("is-selected", box.checked);
  };
  const tick = (checked) => boxes.forEach((box) => { box.checked = checked; });

  form.addEventListener("change", (event) => {
    if (event.target === head) tick(head.checked);
    else if (!event.target.matches("[data-select-row]")) return;
    all.value = "";
    show();
  });
  everything.addEventListener("click", () => { tick(true); all.value = "yes"; show(); clear.focus(); });
  clear.addEventListener("click", () => { tick(false); all.value = ""; show(); head.focus(); });
  window.addEventListener("pageshow", show); // the browser may bring ticks back
  show();
})();
