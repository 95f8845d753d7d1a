// Times: UTC and age on hover and focus, countdowns that run. Without this file the title still shows UTC.
"use strict";
(() => {
  const STEPS = [[60, "second"], [60, "minute"], [24, "hour"], [30.44, "day"], [12, "month"], [Infinity, "year"]];
  const words = new Intl.RelativeTimeFormat(document.documentElement.lang || "en", { numeric: "auto" });

  const age = (stamp) => {
    let amount = (Date.parse(stamp) - Date.now()) / 1000;
    for (const [size, unit] of STEPS) {
      if (Math.abs(amount) < size) return words.format(Math.round(amount), unit);
      amount /= size;
    }
    return "";
  };

  const explain = (event) => {
    const time = event.target.closest && event.target.closest("time.moment");
    if (!time || !window.bootstrap) return;
    time.dataset.utc = time.dataset.utc || time.getAttribute("title") || "";
    const text = `${time.dataset.utc} · ${age(time.dateTime)}`;
    const tip = window.bootstrap.Tooltip.getInstance(time);
    if (tip) {
      tip.setContent({ ".tooltip-inner": text });
      return;
    }
    time.removeAttribute("title");
    new window.bootstrap.Tooltip(time, { title: text, trigger: "hover focus", container: "body" }).show();
  };
  document.addEventListener("mouseover", explain);
  document.addEventListener("focusin", explain);
  document.addEventListener("keydown", (event) => { // Esc takes a tooltip away
    const tip = event.key === "Escape" && window.bootstrap && window.bootstrap.Tooltip.getInstance(document.activeElement);
    if (tip) tip.hide();
  });

  const left = (seconds) => {
    if (seconds <= 0) return "now";
    const [days, hours] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24];
    const [minutes, rest] = [Math.floor(seconds / 60) % 60, Math.floor(seconds) % 60];
    if (days) return `in ${days} d ${hours} h`;
    if (hours) return `in ${hours} h ${minutes} min`;
    return minutes ? `in ${minutes} min ${minutes < 10 ? `${rest} s` : ""}`.trim() : `in ${rest} s`;
  };
  const tick = () => {
    for (const element of document.querySelectorAll("[data-countdown]")) {
      const text = left((Date.parse(element.dataset.countdown) - Date.now()) / 1000);
      if (element.textContent !== text) element.textContent = text;
    }
  };
  tick();
  window.setInterval(tick, 1000);
  document.addEventListener("htmx:afterSwap", tick); // what was swapped in shows its countdown at once
  document.addEventListener("htmx:oobAfterSwap", tick);
})();
