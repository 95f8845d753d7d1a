// The form of an email configuration: presets, the port that belongs to a security, what None means.
"use strict";
(() => {
  const form = document.querySelector("[data-email-form]");
  const data = document.getElementById("email-presets");
  if (!form || !data) return;
  const known = JSON.parse(data.textContent);
  const field = (name) => form.elements.namedItem(name);
  const [host, port, security, username, preset] = ["host", "port", "security", "username", "preset"].map(field);
  const note = document.getElementById("preset-note");
  const portWarning = document.getElementById("port-warning");
  const clearWarning = document.getElementById("clear-text-warning");
  const clearRow = document.getElementById("clear-text-row");
  const agreed = field("clear_text_sign_in");

  const say = (line, text) => {
    line.hidden = !text;
    line.querySelector("span").textContent = text;
  };
  const usualPorts = Object.values(known.ports).map(String);

  const checkPort = () => {
    const owner = Object.keys(known.ports).find((key) => String(known.ports[key]) === port.value);
    const fits = !owner || owner === security.value || (port.value === "25" && security.value === "starttls");
    say(portWarning, fits ? "" : `Port ${port.value} usually belongs to ${known.names[owner]}; with ${known.names[security.value]} servers use ${known.ports[security.value]}.`);
  };
  const checkClearText = () => {
    const unencrypted = security.value === "none";
    clearWarning.hidden = !unencrypted;
    clearRow.hidden = !unencrypted || (!username.value && !agreed.checked);
  };
  const update = () => { checkPort(); checkClearText(); };

  security.addEventListener("change", () => {
    if (!port.value || usualPorts.includes(port.value)) port.value = known.ports[security.value];
    update();
  });
  preset.addEventListener("change", () => {
    const chosen = known.presets[preset.value];
    say(note, chosen ? chosen.note : "");
    if (!chosen) return;
    if (chosen.host) host.value = chosen.host;
    security.value = chosen.security;
    port.value = chosen.port;
    update();
  });
  for (const input of [port, username, agreed]) input.addEventListener("input", update);
  update();
})();
