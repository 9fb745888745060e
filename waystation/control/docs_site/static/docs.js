// Comfort for the docs: theme, copying, tabs of samples, try-it. Pages are whole without it.
"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const kept = (name) => { try { return localStorage.getItem(name); } catch { return null; } };
  const keep = (name, value) => { try { localStorage.setItem(name, value); } catch { /* private windows */ } };
  const theme = kept("docs.theme");
  if (theme) root.dataset.theme = theme;

  const PLACEHOLDER = "sk-YOUR-KEY";
  const KEY = "waystation.key"; // the console's playground keeps it there too, for this tab
  const readKey = () => { try { return sessionStorage.getItem(KEY) || ""; } catch { return ""; } };
  const keepKey = (key) => { try { sessionStorage.setItem(KEY, key); } catch { /* private windows */ } };

  function make(tag, properties = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(properties)) {
      if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
      else if (name in made && name !== "list" && name !== "role") made[name] = value;
      else made.setAttribute(name, value);
    }
    made.append(...children);
    return made;
  }

  // ---- head --------------------------------------------------------------------------------
  function startTheme() {
    document.querySelector(".theme").addEventListener("click", () => {
      const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
      root.dataset.theme = dark ? "light" : "dark";
      keep("docs.theme", root.dataset.theme);
    });
  }

  function startCopying() {
    const { copy, copied } = document.body.dataset;
    for (const button of document.querySelectorAll(".copy")) {
      button.textContent = copy;
      button.addEventListener("click", async () => {
        const text = button.dataset.text || button.closest(".code").querySelector("code").textContent;
        await navigator.clipboard.writeText(text.replaceAll(PLACEHOLDER, readKey() || PLACEHOLDER));
        button.textContent = copied;
        setTimeout(() => { button.textContent = copy; }, 1500);
      });
    }
  }

  // ---- samples -----------------------------------------------------------------------------
  function startSamples(box) {
    const samples = [...box.querySelectorAll(".sample")];
    const languages = new Map();
    for (const one of samples) {
      const { language, languageTitle } = one.dataset;
      if (!languages.has(language)) languages.set(language, { title: languageTitle, samples: [] });
      languages.get(language).samples.push(one);
    }
    const tabs = make("div", { className: "tabs", role: "tablist" });
    const variants = make("div", { className: "variants", role: "tablist" });
    tabs.setAttribute("aria-label", "language");
    variants.setAttribute("aria-label", "library");
    box.prepend(tabs, variants);
    const show = (language, variant, focus) => {
      const chosen = languages.get(language) || [...languages.values()][0];
      const shown = chosen.samples.find((one) => one.dataset.variant === variant) || chosen.samples[0];
      for (const one of samples) { one.hidden = one !== shown; one.open = one === shown; }
      const mark = (list, value) => {
        for (const tab of list.children) {
          const mine = tab.dataset.value === value;
          tab.setAttribute("aria-selected", mine);
          tab.tabIndex = mine ? 0 : -1;
          if (mine && focus === list) tab.focus();
        }
      };
      variants.replaceChildren(...chosen.samples.map((one) => tab(one.dataset.variant, one.dataset.variantTitle, (at) => show(shown.dataset.language, at, variants))));
      variants.hidden = chosen.samples.length < 2;
      mark(tabs, shown.dataset.language);
      mark(variants, shown.dataset.variant);
      keep("docs.language", shown.dataset.language);
      keep(`docs.variant.${shown.dataset.language}`, shown.dataset.variant);
    };
    const tab = (value, title, choose) => {
      const made = make("button", { type: "button", role: "tab", textContent: title, onclick: () => choose(value) });
      made.dataset.value = value;
      made.addEventListener("keydown", (event) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (!step) return;
        event.preventDefault();
        const all = [...made.parentElement.children];
        choose(all[(all.indexOf(made) + step + all.length) % all.length].dataset.value);
      });
      return made;
    };
    for (const [language, { title }] of languages) {
      tabs.append(tab(language, title, (value) => show(value, kept(`docs.variant.${value}`), tabs)));
    }
    const remembered = kept("docs.language") || "shell";
    show(remembered, kept(`docs.variant.${remembered}`));
  }

  // ---- tables -------------------------------------------------------------------------------
  // Names stay whole and sentences get room, as far as the window allows.
  function startTables() {
    for (const cell of document.querySelectorAll("td")) cell.classList.toggle("long", cell.textContent.length > 24);
    for (const name of document.querySelectorAll("td code")) name.classList.toggle("word", /^\S{1,24}$/.test(name.textContent));
  }

  function startFinding() {
    for (const field of document.querySelectorAll("[data-find]")) {
      const rows = field.closest("label").nextElementSibling.querySelectorAll("tbody tr");
      field.addEventListener("input", () => {
        const word = field.value.trim().toLowerCase();
        for (const row of rows) row.hidden = !row.cells[0].textContent.toLowerCase().includes(word);
      });
    }
  }

  // ---- try-it ------------------------------------------------------------------------------
  const wait = (ms, signal) => new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => { clearTimeout(timer); reject(signal.reason); }, { once: true });
  });

  class Trial {
    constructor(box) {
      this.box = box;
      this.spec = JSON.parse(box.dataset.try);
      this.words = JSON.parse(box.dataset.words);
      this.controller = null;
      this.draw();
    }

    draw() {
      const { spec, words } = this;
      this.inputs = new Map();
      const rows = [];
      const labelled = (text, field) => { rows.push(make("label", {}, text, field)); return field; };
      if (spec.key_header) {
        this.key = labelled(`${words.key} (${words.key_hint})`, make("input", { type: "password", autocomplete: "off", value: readKey(), placeholder: "sk-…" }));
        this.key.addEventListener("input", () => keepKey(this.key.value.trim()));
      }
      for (const [name, where, example] of spec.params) {
        this.inputs.set(`${where}:${name}`, labelled(name, make("input", { type: "text", value: example })));
      }
      for (const [name, value, isFile] of spec.form) {
        const field = make("input", isFile ? { type: "file" } : { type: "text", value });
        this.inputs.set(`form:${name}`, labelled(isFile ? `${name} · ${words.file}` : name, field));
      }
      if (spec.body) {
        this.body = labelled(words.body, make("textarea", { value: spec.body, spellcheck: false }));
      }
      this.button = make("button", { type: "button", className: "primary send", textContent: words.send, onclick: () => this.press() });
      this.told = make("div", { className: "told" });
      this.shown = make("div", { className: "shown" });
      this.shown.setAttribute("aria-live", "polite");
      this.box.append(...rows, this.button, this.told, this.shown);
    }

    async press() {
      if (this.controller) { this.controller.abort(new DOMException("stopped", "AbortError")); return; }
      if (this.key && !this.key.value.trim()) { this.say({ [this.words.answer]: this.words.empty_key }); this.key.focus(); return; }
      this.controller = new AbortController();
      this.button.textContent = this.words.stop;
      this.shown.replaceChildren();
      const began = performance.now();
      try {
        await this.run(this.controller.signal, began);
      } catch (fault) {
        if (fault.name !== "AbortError") this.say({ [this.words.answer]: String(fault) });
      } finally {
        this.controller = null;
        this.button.textContent = this.words.send;
      }
    }

    headers() {
      const headers = Object.fromEntries(this.spec.headers);
      if (this.key) headers.Authorization = `Bearer ${this.key.value.trim()}`;
      return headers;
    }

    address() {
      let path = this.spec.path;
      const query = new URLSearchParams();
      for (const [name, where] of this.spec.params) {
        const value = this.inputs.get(`${where}:${name}`).value.trim();
        if (where === "path") path = path.replace(`{${name}}`, encodeURIComponent(value));
        else if (value) query.set(name, value);
      }
      return query.size ? `${path}?${query}` : path;
    }

    request(signal) {
      const headers = this.headers();
      let body;
      if (this.body) {
        JSON.parse(this.body.value); // says where it is wrong
        headers["Content-Type"] = "application/json";
        body = this.body.value;
      } else if (this.spec.form.length) {
        body = new FormData();
        for (const [name, , isFile] of this.spec.form) {
          const field = this.inputs.get(`form:${name}`);
          if (!isFile) body.append(name, field.value);
          else if (field.files[0]) body.append(name, field.files[0]);
        }
      }
      return { method: this.spec.method, headers, body, signal };
    }

    async run(signal, began) {
      const response = await fetch(this.address(), this.request(signal));
      const facts = () => ({
        [this.words.status]: response.status,
        [this.words.took]: `${Math.round(performance.now() - began)} ms`,
        ...(response.headers.get("x-request-id") ? { id: response.headers.get("x-request-id") } : {}),
      });
      this.say(facts());
      const kind = response.headers.get("content-type") || "";
      if (kind.startsWith("audio/") || kind.startsWith("image/")) {
        const url = URL.createObjectURL(await response.blob());
        this.shown.append(kind.startsWith("audio/") ? make("audio", { controls: true, src: url }) : make("img", { src: url, alt: this.words.answer }));
      } else if (kind.startsWith("text/event-stream")) {
        await this.stream(response);
      } else {
        await this.whole(response, signal);
      }
      this.say(facts());
      await this.cost(response, signal);
    }

    print(text) {
      const code = make("code", { textContent: text });
      const pre = make("pre", { tabIndex: 0 }, code);
      this.shown.append(make("div", { className: "code" }, pre));
      return code;
    }

    async stream(response) {
      const said = this.shown.appendChild(make("p", { className: "said" }));
      const code = this.print("");
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = "";
      let text = "";
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        code.textContent += part.value;
        const lines = (rest + part.value).split("\n");
        rest = lines.pop();
        for (const line of lines.filter((one) => one.startsWith("data: {"))) {
          const event = JSON.parse(line.slice(6));
          text += event.choices?.[0]?.delta?.content ?? event.choices?.[0]?.text ?? event.delta?.text ?? (typeof event.delta === "string" ? event.delta : "") ?? "";
        }
        said.textContent = text;
      }
      this.picturesIn(text);
    }

    async whole(response, signal) {
      const text = await response.text();
      let value;
      try { value = JSON.parse(text); } catch { this.print(text); return; }
      this.print(JSON.stringify(value, null, 2));
      this.picturesIn(text);
      for (const one of value?.data?.length ? value.data : []) {
        if (one?.b64_json) this.picture(`data:image/png;base64,${one.b64_json}`);
      }
      if (!response.ok) return;
      if (this.spec.kind === "midjourney" && [1, 21, 22].includes(value.code) && /^\d+$/.test(value.result)) {
        await this.follow(`/mj/task/${value.result}/fetch`, (task) => task, signal);
      } else if (this.spec.kind === "suno" && typeof value.data === "string") {
        await this.follow(`/suno/fetch/${value.data}`, (task) => task.data, signal);
      } else if (response.status === 202 && value.id) {
        await this.follow(`/v1/tasks/${value.id}`, (task) => task, signal);
      }
    }

    /** Asks for a task until it is over, and shows how far it is. */
    async follow(path, taskOf, signal) {
      const bar = this.shown.appendChild(make("progress", { max: 100, value: 0 }));
      bar.setAttribute("aria-label", this.words.meanwhile);
      const code = this.print("");
      for (;;) {
        const response = await fetch(path, { headers: this.headers(), signal });
        const answer = await response.json();
        code.textContent = JSON.stringify(answer, null, 2);
        const task = taskOf(answer);
        if (!response.ok || !task) return;
        bar.value = parseInt(task.progress, 10) || 0;
        if (["SUCCESS", "FAILURE", "CANCEL", "MODAL"].includes(task.status)) {
          this.box.dataset.ended = task.status;
          this.picturesIn(JSON.stringify(answer));
          return;
        }
        await wait(1500, signal);
      }
    }

    picturesIn(text) {
      const links = text.match(/(?:https?:\/\/[^\s"'()\\<>]+)?\/(?:files|mj\/image)\/[^\s"'()\\<>]+/g) || [];
      for (const link of new Set(links)) {
        const path = link.split("?")[0];
        if (/\/audio\//.test(path)) this.shown.append(make("audio", { controls: true, src: link }));
        else if (/\/video\//.test(path)) this.shown.append(make("video", { controls: true, src: link }));
        else this.picture(link);
      }
    }

    picture(source) {
      this.shown.append(make("img", { src: source, alt: this.words.answer }));
    }

    async cost(response, signal) {
      const told = response.headers.get("x-waystation-cost");
      if (told !== null) { this.more(this.words.cost, `$${told}`); return; }
      const id = response.headers.get("x-request-id");
      if (!this.key || !id || this.spec.method === "GET") return;
      for (let turn = 0; turn < 6; turn += 1) {
        const receipt = await fetch(`/v1/generation?id=${encodeURIComponent(id)}`, { headers: this.headers(), signal });
        const data = receipt.ok ? (await receipt.json()).data : null;
        if (data?.status === "settled") { this.more(this.words.cost, `$${data.cost_usd}`); return; }
        await wait(700, signal);
      }
    }

    say(facts) {
      this.told.replaceChildren(...Object.entries(facts).map(([name, value]) => make("span", { textContent: `${name}: ${value}` })));
    }

    more(name, value) {
      this.told.append(make("span", { className: "cost", textContent: `${name}: ${value}` }));
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    startTheme();
    startCopying();
    document.querySelectorAll(".samples").forEach(startSamples);
    startFinding();
    startTables();
    for (const box of document.querySelectorAll(".try")) new Trial(box);
    document.querySelector(".tree [aria-current]")?.scrollIntoView({ block: "nearest" });
  });
})();
