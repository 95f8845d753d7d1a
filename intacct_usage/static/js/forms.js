// Forms: one submit has one effect, unsaved input is not lost without a question, refused forms show why first.
"use strict";
(() => {
  const restore = (button) => {
    if (!button.dataset.label) return;
    button.textContent = "";
    button.append(...button.idleContent);
    button.removeAttribute("aria-busy");
    delete button.dataset.label;
  };

  const markBusy = (button) => {
    const spinner = document.createElement("span");
    spinner.className = "spinner";
    spinner.setAttribute("aria-hidden", "true");
    button.dataset.label = button.textContent.trim();
    button.idleContent = [...button.childNodes];
    button.replaceChildren(spinner, document.createTextNode(button.dataset.busy || "Working…"));
    button.setAttribute("aria-busy", "true");
    if (window.announce) window.announce(button.dataset.busy || "Working…");
  };

  // Before a form is sent in which much may have been typed: is the person still signed in? If not, the input stays
  // where it is. After a sign-in in another tab the form's token is an old one, so the answer brings a new one.
  const isChecked = (form) => !form.hasAttribute("data-guard") || !document.body.dataset.stillHere || form.dataset.checked;

  const SIGNED_OUT = "You are signed out by now. What you typed is still here.";
  const say = (form, text, signIn) => {
    form.querySelector("[data-not-sent]")?.remove();
    const note = document.createElement("div");
    note.className = "note note-warn";
    note.dataset.notSent = "";
    note.setAttribute("role", "alert");
    note.tabIndex = -1;
    const words = document.createElement("p");
    words.className = "note-text";
    words.append(text);
    if (signIn) {
      const link = document.createElement("a");
      Object.assign(link, { href: signIn, target: "_blank", rel: "noopener", textContent: "Sign in in a new tab" });
      words.append(" ", link, ", then press the button here again.");
    }
    note.append(words);
    form.prepend(note);
    return note;
  };

  // A fragment of the page learns it first: then it stays here, instead of going to the sign-in with the input lost.
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const signIn = event.detail.xhr.getResponseHeader("HX-Redirect");
    const form = document.querySelector('form[data-guard][data-changed="yes"]');
    if (!signIn || !form) return;
    event.preventDefault();
    if (!form.querySelector("[data-not-sent]")) say(form, SIGNED_OUT, signIn);
  });

  const check = async (form, submitter) => {
    let answer;
    try {
      answer = await fetch(document.body.dataset.stillHere, { headers: { Accept: "application/json" }, cache: "no-store" });
    } catch {
      say(form, "The server does not answer. Nothing was sent, what you typed is still here. Try again in a moment.").focus();
      return;
    }
    if (answer.status === 401) {
      say(form, `${SIGNED_OUT} Nothing was sent.`, (await answer.json()).sign_in).focus();
      return;
    }
    if (answer.ok) {
      const { token } = await answer.json();
      for (const field of document.querySelectorAll("[name=csrfmiddlewaretoken]")) field.value = token;
    }
    form.querySelector("[data-not-sent]")?.remove();
    delete form.dataset.checking;
    form.dataset.checked = "yes";
    if (submitter) submitter.dataset.confirmed = "yes"; // it was asked already
    form.requestSubmit(submitter);
    delete form.dataset.checked;
    if (submitter) delete submitter.dataset.confirmed;
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post" || form.hasAttribute("hx-post")) return;
    if (form.dataset.sending || form.dataset.checking) {
      event.preventDefault();
      return;
    }
    if (!isChecked(form)) {
      event.preventDefault();
      form.dataset.checking = "yes";
      check(form, event.submitter).finally(() => { delete form.dataset.checking; });
      return;
    }
    form.dataset.sending = "yes";
    form.dataset.changed = "";
    const button = event.submitter || form.querySelector("[type=submit]");
    if (button && !button.hasAttribute("data-not-busy")) window.setTimeout(markBusy, 0, button);
  });

  window.addEventListener("pageshow", () => { // the back button may bring the busy page back
    for (const form of document.querySelectorAll("form[data-sending]")) {
      delete form.dataset.sending;
      form.querySelectorAll("[aria-busy]").forEach(restore);
    }
  });

  const changed = (event) => {
    const form = event.target.form;
    if (form && form.hasAttribute("data-guard")) form.dataset.changed = "yes";
  };
  document.addEventListener("input", changed);
  document.addEventListener("change", changed);
  window.addEventListener("beforeunload", (event) => {
    if (document.querySelector('form[data-guard][data-changed="yes"]:not([data-sending])')) event.preventDefault();
  });

  // Selects that apply themselves: only marked ones, and the Apply button stays for people without scripts.
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-apply-on-change] select")) event.target.form.requestSubmit();
  });

  const reveal = (button) => {
    const input = document.getElementById(button.dataset.reveal);
    const shown = input.type === "text";
    input.type = shown ? "password" : "text";
    button.setAttribute("aria-pressed", String(!shown));
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-reveal]");
    if (button) reveal(button);
  });

  const refused = document.querySelector("[data-error-summary]");
  if (refused) refused.focus();
})();
