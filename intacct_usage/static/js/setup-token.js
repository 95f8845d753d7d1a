// The log prints an address with the token behind “#”, which browsers send to no server: put it into its field.
"use strict";
(() => {
  const field = document.querySelector("[data-setup-token]");
  const token = decodeURIComponent(location.hash.slice(1));
  if (!field || !token) return;
  field.value = token;
  history.replaceState(null, "", location.pathname);
  document.getElementById("id_username").focus();
})();
