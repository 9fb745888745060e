// Links that import a client's set-up: the reader's key goes into them here and nowhere else.
"use strict";
(() => {
  const PLACEHOLDER = "sk-YOUR-KEY";
  const KEY = "waystation.key"; // as try-it and the console's playground keep it, for this tab
  const readKey = () => { try { return sessionStorage.getItem(KEY) || ""; } catch { return ""; } };
  const keepKey = (key) => { try { sessionStorage.setItem(KEY, key); } catch { /* private windows */ } };

  const inJson = (text) => JSON.stringify(text).slice(1, -1);
  const toBase64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
  const fromBase64 = (text) => new TextDecoder().decode(Uint8Array.from(atob(text), (one) => one.charCodeAt(0)));

  // Each value of the query by itself, as it was written: text, JSON, or JSON in base64.
  function filled(link, wrapped, key) {
    const [to, query] = [link.slice(0, link.lastIndexOf("?")), link.slice(link.lastIndexOf("?") + 1)];
    const said = new URLSearchParams(query);
    for (const [name, value] of [...said]) {
      const isJson = (text) => text.startsWith("{");
      const put = (text) => text.replaceAll(PLACEHOLDER, isJson(text) ? inJson(key) : key);
      const inside = wrapped && name === "data";
      said.set(name, inside ? toBase64(put(fromBase64(value))) : put(value));
    }
    return `${to}?${said}`;
  }

  function start(box) {
    const field = box.querySelector("input");
    const buttons = [...box.querySelectorAll("a")];
    const draw = () => {
      const key = field.value.trim();
      for (const button of buttons) {
        if (key) button.href = filled(button.dataset.link, button.dataset.wrapped === "true", key);
        else button.removeAttribute("href");
        button.setAttribute("aria-disabled", !key);
      }
    };
    field.value = readKey();
    field.addEventListener("input", () => { keepKey(field.value.trim()); draw(); });
    box.hidden = false;
    draw();
  }

  document.addEventListener("DOMContentLoaded", () => {
    for (const box of document.querySelectorAll(".imports .ready")) start(box);
  });
})();
