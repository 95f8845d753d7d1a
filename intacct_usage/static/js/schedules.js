// Schedules and runs: the fields of the chosen kind, switches that exclude each other, rows that refresh themselves.
"use strict";
(() => {
  const form = document.querySelector("[data-schedule-form]");

  const showKind = () => {
    const chosen = form.querySelector('input[name="kind"]:checked');
    for (const part of form.querySelectorAll(".kind-part")) {
      part.hidden = !chosen || !part.dataset.kinds.split(" ").includes(chosen.value);
    }
  };

  // A switch that is not available says why in words beside it, and is not sent.
  const setAvailable = (name, available) => {
    const input = form.elements[name];
    const reason = form.querySelector(`[data-reason="${name}"]`);
    input.disabled = !available;
    if (!available) input.checked = false;
    reason.hidden = available;
    const described = `id_${name}_helptext`;
    input.setAttribute("aria-describedby", available ? described : `${described} ${reason.id}`);
  };
  const showModes = () => {
    setAvailable("full_refresh", !form.elements.reports_only.checked);
    setAvailable("keep_history", form.elements.full_refresh.checked);
  };

  if (form) {
    form.addEventListener("change", () => { showKind(); showModes(); });
    showKind();
    showModes();
    window.addEventListener("pageshow", () => { showKind(); showModes(); }); // the browser may bring choices back
  }

  // What refreshes itself waits while somebody works in it.
  document.addEventListener("htmx:beforeRequest", (event) => {
    const area = event.detail.elt;
    if (area.matches("[data-calm]") && area.contains(document.activeElement) && area !== document.activeElement) {
      event.preventDefault();
    }
  });

  const dropTooltips = (root) => {
    if (!window.bootstrap) return;
    for (const time of root.querySelectorAll("time")) {
      const tip = window.bootstrap.Tooltip.getInstance(time);
      if (tip) tip.dispose();
    }
  };
  const say = (before, after) => {
    if (!window.announce || !after) return;
    if (before.dataset.status && before.dataset.status !== after.dataset.status) {
      window.announce(`${after.dataset.name}: ${after.dataset.status}`);
    }
    if (before.dataset.runStatus && before.dataset.runStatus !== after.dataset.runStatus) {
      window.announce(`The run: ${after.dataset.runStatus}`);
    }
  };
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    dropTooltips(event.detail.target);
    say(event.detail.target, event.detail.fragment.querySelector("[data-status]"));
  });
  let runBefore = null;
  document.addEventListener("htmx:beforeSwap", (event) => {
    dropTooltips(event.detail.target);
    if (event.detail.target.id === "run-state") runBefore = event.detail.target;
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (runBefore) say(runBefore, document.getElementById("run-state"));
    runBefore = null;
  });
})();
