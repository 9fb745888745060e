// The docs' search: a combobox over the index, and the keys that reach it and the neighbouring pages.
"use strict";
(() => {
  const RESULTS_MAX = 12;

  function find(query, entries) {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean).slice(0, 10);
    if (!words.length) return [];
    const scored = [];
    entries.forEach((entry, at) => {
      const title = entry.title.toLowerCase();
      const text = entry.text.toLowerCase();
      if (!words.every((word) => title.includes(word) || text.includes(word))) return;
      scored.push([words.filter((word) => !title.includes(word)).length, words.includes(title) ? 0 : 1, at, entry]);
    });
    scored.sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]);
    return scored.slice(0, RESULTS_MAX).map((each) => each[3]);
  }

  function option(properties, ...children) {
    const made = Object.assign(document.createElement(properties.href ? "a" : "p"), properties);
    made.setAttribute("role", "option");
    made.append(...children);
    return made;
  }

  class Search {
    constructor(form) {
      this.form = form;
      this.field = form.querySelector("input");
      this.box = form.querySelector(".found");
      this.base = form.dataset.index.replace(/search\.json$/, "");
      this.index = null; // a promise of the entries, once someone has typed
      this.at = -1;
      this.name();
      this.field.addEventListener("input", () => this.draw());
      this.field.addEventListener("keydown", (event) => this.steer(event));
      document.addEventListener("click", (event) => { if (!form.contains(event.target)) this.open(false); });
    }

    name() {
      this.box.id = "found";
      this.box.setAttribute("role", "listbox");
      this.box.setAttribute("aria-label", this.field.getAttribute("aria-label"));
      const names = { role: "combobox", "aria-autocomplete": "list", "aria-controls": this.box.id, "aria-expanded": false };
      for (const [name, value] of Object.entries(names)) this.field.setAttribute(name, value);
    }

    open(is) {
      this.box.hidden = !is;
      this.field.setAttribute("aria-expanded", is);
    }

    mark(next) {
      const rows = [...this.box.querySelectorAll("a")];
      this.at = rows.length ? (next + rows.length) % rows.length : -1;
      rows.forEach((row, place) => row.setAttribute("aria-selected", place === this.at));
      rows[this.at]?.scrollIntoView({ block: "nearest" });
      this.field.setAttribute("aria-activedescendant", rows[this.at]?.id || "");
    }

    async entries() {
      this.index ||= fetch(this.form.dataset.index).then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(answer.statusText))));
      try {
        return await this.index;
      } catch {
        this.index = null; // the next letter asks again
        return null;
      }
    }

    async draw() {
      if (!this.field.value.trim()) { this.open(false); return; }
      const entries = await this.entries();
      // Letters may have come while the index did: what counts is what the field holds now.
      const query = this.field.value.trim();
      this.open(query !== "" && entries !== null);
      if (!query || !entries) return;
      const rows = find(query, entries).map((entry, place) =>
        option({ href: this.base + entry.path, id: `found-${place}` }, entry.title, Object.assign(document.createElement("small"), { textContent: entry.section })));
      const nothing = option({ textContent: document.body.dataset.nothing, ariaDisabled: "true" });
      this.box.replaceChildren(...(rows.length ? rows : [nothing]));
      this.mark(0);
    }

    steer(event) {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        this.mark(this.at + (event.key === "ArrowDown" ? 1 : -1));
      } else if (event.key === "Escape") {
        this.open(false);
        this.field.blur();
      } else if (event.key === "Enter" && !event.isComposing) {
        const row = this.box.querySelector("[aria-selected=true]");
        if (row && !this.box.hidden) { event.preventDefault(); location.assign(row.href); this.open(false); }
      }
    }
  }

  function startKeys(field) {
    document.addEventListener("keydown", (event) => {
      const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName);
      if ((event.key === "/" && !typing) || (event.key === "k" && (event.ctrlKey || event.metaKey))) {
        event.preventDefault();
        field.focus();
      }
      if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "[") document.querySelector('.onward [rel="prev"]')?.click();
      if (event.key === "]") document.querySelector('.onward [rel="next"]')?.click();
    });
  }

  document.addEventListener("DOMContentLoaded", () => {
    const search = new Search(document.querySelector(".search"));
    startKeys(search.field);
  });
})();
