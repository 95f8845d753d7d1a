// Searches the guide: a chapter part (heading and what follows it) stays if it holds every word.
"use strict";
(() => {
  const box = document.querySelector("[data-guide-search]");
  const input = document.getElementById("guide-search");
  const found = document.getElementById("guide-found");
  const chapters = [...document.querySelectorAll("[data-guide] > section")];
  box.hidden = false;

  // A part is a heading with everything up to the next one.
  const parts = chapters.flatMap((chapter) => {
    const list = [];
    for (const element of chapter.children) {
      if (/^H[23]$/.test(element.tagName)) list.push({ chapter, heading: element, elements: [] });
      list[list.length - 1].elements.push(element);
    }
    return list;
  });
  for (const part of parts) part.text = part.elements.map((element) => element.textContent).join(" ").toLowerCase();

  const search = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let hits = 0;
    for (const part of parts) {
      part.hit = words.every((word) => part.text.includes(word));
      hits += part.hit;
      for (const element of part.elements) element.hidden = !part.hit;
    }
    for (const chapter of chapters) {
      const shown = parts.filter((part) => part.chapter === chapter && part.hit);
      chapter.hidden = shown.length === 0;
      chapter.querySelector("h2").hidden = chapter.hidden; // the chapter's name stays above its parts
    }
    for (const link of document.querySelectorAll(".guide-contents a")) {
      const target = document.getElementById(link.hash.slice(1));
      link.classList.toggle("is-off", words.length > 0 && (target.hidden || target.closest("[hidden]") !== null));
    }
    found.textContent = words.length ? `${hits} ${hits === 1 ? "part" : "parts"} found` : "";
  };

  input.addEventListener("input", search);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { input.value = ""; search(); }
  });
})();
