// Follow mode of the Logs page: htmx asks for new lines; this keeps the end in sight only while the reader is at the end.
"use strict";
(() => {
  const view = document.getElementById("log-view");
  if (!view) return;
  const NEAR_END_PIXELS = 24;
  const MOST_LINES = 2000; // the page stays light however long it follows; older lines are a page away
  const list = document.getElementById("log-lines");
  const frame = view.parentElement;
  const more = frame.querySelector("[data-log-more]");
  const pause = document.querySelector("[data-log-pause]");
  const state = document.querySelector("[data-log-state]");
  let paused = false;
  let unseen = 0;
  let wasAtEnd = true;
  let linesBefore = 0;

  const atEnd = () => view.scrollHeight - view.scrollTop - view.clientHeight <= NEAR_END_PIXELS;
  const toEnd = () => { view.scrollTop = view.scrollHeight; };

  const tell = () => {
    more.hidden = unseen === 0;
    more.querySelector("span").textContent = unseen === 1 ? "1 new line" : `${unseen} new lines`;
    if (paused) state.textContent = "Paused: new lines wait.";
    else if (atEnd()) state.textContent = "Following: new lines appear by themselves.";
    else state.textContent = "Reading: scroll to the end to follow again.";
  };

  const seen = () => {
    unseen = 0;
    tell();
  };

  const trim = () => {
    while (list.children.length > MOST_LINES) list.firstElementChild.remove();
  };

  if (!view.hasAttribute("data-log-follow")) {
    const marked = list.querySelector("[aria-current]");
    if (marked) view.scrollTop = marked.offsetTop - list.offsetTop - view.clientHeight / 2;
    return;
  }

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt.id === "log-follow" && paused) event.preventDefault();
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target !== list) return;
    wasAtEnd = atEnd();
    linesBefore = list.children.length;
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== list) return;
    const none = view.querySelector("[data-log-none]");
    if (none) none.remove();
    unseen += list.children.length - linesBefore;
    linesBefore = list.children.length; // a swap with a second part is told twice
    if (wasAtEnd) {
      trim();
      toEnd();
      unseen = 0;
    } else if (window.announce) window.announce(`${unseen} new log lines below`);
    tell();
  });

  view.addEventListener("scroll", () => { if (atEnd()) seen(); else tell(); }, { passive: true });
  more.addEventListener("click", () => {
    toEnd();
    view.focus();
    seen();
  });
  pause.addEventListener("click", () => {
    paused = !paused;
    pause.setAttribute("aria-pressed", String(paused));
    pause.querySelector("span").textContent = paused ? "Continue" : "Pause";
    tell();
  });

  toEnd();
  tell();
})();
