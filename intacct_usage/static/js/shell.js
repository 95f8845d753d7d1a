// The shell: section menu on small screens, drop-down menus, toasts, dismissable notes, expandable rows, copy buttons.
"use strict";
(() => {
  const announce = (text) => {
    const announcer = document.getElementById("announcer");
    announcer.textContent = "";
    window.setTimeout(() => { announcer.textContent = text; }, 50);
  };
  window.announce = announce;

  const toggleTabs = (button) => {
    const open = document.getElementById("site-tabs").classList.toggle("is-open");
    button.setAttribute("aria-expanded", String(open));
  };

  const closeMenus = (except) => {
    for (const menu of document.querySelectorAll("details[data-menu][open]")) if (menu !== except) menu.open = false;
  };

  const toggleRow = (button) => {
    const open = button.getAttribute("aria-expanded") !== "true";
    button.setAttribute("aria-expanded", String(open));
    document.getElementById(button.getAttribute("aria-controls")).hidden = !open;
  };
  // Without scripts the rows stay open; with them they start closed, also in fragments that come later.
  const closeRows = (root) => {
    for (const button of root.querySelectorAll('[data-expand][aria-expanded="false"]')) {
      document.getElementById(button.getAttribute("aria-controls")).hidden = true;
    }
  };
  closeRows(document);
  // The newest days are at the right, which a phone would not show.
  for (const frame of document.querySelectorAll("[data-opens-at-end]")) frame.scrollLeft = frame.scrollWidth;
  document.addEventListener("htmx:afterSwap", (event) => closeRows(event.target));

  const copy = async (button) => {
    const source = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.textContent.trim());
    } catch { // no clipboard on plain http: select the text, so that the keyboard copies it
      window.getSelection().selectAllChildren(source);
      announce("Selected. Press Ctrl and C to copy.");
      return;
    }
    const label = button.querySelector("span") || button;
    const before = label.textContent;
    label.textContent = "Copied";
    announce("Copied");
    window.setTimeout(() => { label.textContent = before; }, 2000);
  };

  const dismiss = (button) => button.closest("[data-toast], [data-note]").remove();

  document.addEventListener("click", (event) => {
    closeMenus(event.target.closest("details[data-menu]"));
    const actions = { "data-nav-toggle": toggleTabs, "data-expand": toggleRow, "data-copy": copy, "data-dismiss": dismiss };
    for (const [attribute, act] of Object.entries(actions)) {
      const target = event.target.closest(`[${attribute}]`);
      if (target) act(target);
    }
  });

  // A fragment that cannot be refreshed says so once, and stays as it was.
  const refreshFailed = (event) => {
    if (document.getElementById("refresh-failed")) return;
    const note = document.createElement("div");
    note.id = "refresh-failed";
    note.className = "note note-bad";
    note.setAttribute("role", "alert");
    const status = event.detail.xhr && event.detail.xhr.status;
    note.textContent = `This page could not be refreshed (${status || "no connection"}). What you see may be old; reload the page.`;
    document.getElementById("main").prepend(note);
  };
  document.addEventListener("htmx:responseError", refreshFailed);
  document.addEventListener("htmx:sendError", refreshFailed);

  // Esc leads back from a page that asks for a confirmation, as its Cancel does. What is open on the page closes first,
  // a search field is emptied first, and what was sent already cannot be called back.
  const OPEN = "dialog[open], details[data-menu][open], .tooltip.show, form[data-sending]";
  const leadBack = (event) => {
    const cancel = document.querySelector("a[data-cancel]");
    if (!cancel || event.repeat || event.isComposing || event.target.matches("input[type=search]")) return;
    if (!document.querySelector(OPEN)) cancel.click();
  };

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    leadBack(event);
    const menu = document.activeElement.closest("details[data-menu][open]");
    closeMenus(null);
    if (menu) menu.querySelector("summary").focus();
  });

  // A toast is announced when it is put into the page, and leaves unless somebody is reading it.
  const toasts = document.getElementById("toasts");
  const leave = (toast) => {
    if (toast.matches(":hover, :focus-within")) window.setTimeout(leave, 2000, toast);
    else toast.remove();
  };
  const shown = [...toasts.children];
  toasts.replaceChildren();
  window.setTimeout(() => {
    for (const toast of shown) {
      toasts.append(toast);
      window.setTimeout(leave, 8000, toast);
    }
  }, 100);
})();
