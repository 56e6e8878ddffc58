// The little script every page shares. Money is never computed here.
const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
// The cookie's is the newest: signing in again in another tab changes it.
const token = () => document.cookie.match(/(?:^|; )csrftoken=([^;]*)/)?.[1] ?? $("[name=csrfmiddlewaretoken]")?.value ?? "";

document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRFToken"] = token();
});

// Toasts: errors stay until dismissed, and are said once.
function toast({ text, tone = "green" }) {
  if ($$(".toast").some((other) => other.firstElementChild.textContent === text)) return;
  const box = document.createElement("div");
  box.className = `toast toast-${tone}`;
  box.append(Object.assign(document.createElement("span"), { textContent: text }));
  const close = Object.assign(document.createElement("button"), { type: "button", textContent: "×" });
  close.setAttribute("aria-label", "Dismiss");
  close.onclick = () => box.remove();
  box.append(close);
  $(tone === "red" ? "#alerts" : "#toasts").append(box);
  if (tone !== "red") setTimeout(() => box.remove(), 7000);
}
document.addEventListener("toast", (event) => toast(event.detail));
const UNREACHABLE = "The server cannot be reached. What you typed is still here; try again.";
for (const name of ["htmx:sendError", "htmx:timeout"]) document.addEventListener(name, () => toast({ text: UNREACHABLE, tone: "red" }));
document.addEventListener("htmx:afterOnLoad", () => $$(".toast").find((other) => other.firstElementChild.textContent === UNREACHABLE)?.remove());
document.addEventListener("htmx:responseError", (event) => {
  if (!event.detail.xhr.getResponseHeader("HX-Trigger")) toast({ text: "That did not work. Reload the page and try again.", tone: "red" });
});

// Dialogs, menus, navigation.
let opener = null;
document.addEventListener("click", (event) => {
  const target = event.target.closest("[data-open-dialog], [data-close-dialog], [data-open-palette], [data-toggle-nav], [data-copy], [data-fill], [data-select-all]");
  for (const menu of $$("details[data-menu][open]")) if (!menu.contains(event.target)) menu.open = false;
  if (event.target.matches("dialog")) event.target.close();
  if (!target) return;
  const data = target.dataset;
  if (data.openDialog) { opener = target; document.getElementById(data.openDialog)?.showModal(); }
  if ("closeDialog" in data) target.closest("dialog")?.close();
  if ("openPalette" in data) openPalette();
  if ("toggleNav" in data) target.setAttribute("aria-expanded", String(document.body.classList.toggle("nav-open")));
  if (data.copy) navigator.clipboard?.writeText(data.copy).then(() => toast({ text: "Copied." }));
  if (data.fill) {
    const form = target.closest("form");
    form.elements.email.value = data.fill;
    form.elements.password.value = data.password;
    form.requestSubmit();
  }
});
document.addEventListener("close", (event) => { if (event.target.matches("dialog")) { opener?.focus(); opener = null; } }, true);

// What is chosen sets another field along, such as a template its term; what was typed there stays.
document.addEventListener("change", (event) => {
  const field = event.target.form?.elements[event.target.dataset.sets];
  if (!field || field.value !== (field.dataset.set ?? field.defaultValue)) return;
  field.value = field.dataset.set = event.target.selectedOptions[0].dataset.set ?? field.defaultValue;
});

// A form is sent once; it opens again when the answer keeps us on the page.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) return event.preventDefault();
  if ("keepPicked" in form.dataset) form.action = form.action.split("?")[0] + location.search;
  if ("once" in form.dataset || form.method === "post") {
    form.dataset.sent = "1";
    $$("button[type=submit], button:not([type])", form).forEach((button) => button.classList.add("is-busy"));
    dirty = false;
  }
});
const release = () => $$("form[data-sent]").forEach((form) => { delete form.dataset.sent; $$(".is-busy", form).forEach((button) => button.classList.remove("is-busy")); });
addEventListener("pageshow", release);
document.addEventListener("htmx:afterRequest", release);

// Leave-page guard.
let dirty = false;
const saveState = (text) => $$("[data-save-state]").forEach((place) => { place.textContent = text; });
document.addEventListener("input", (event) => {
  if (!event.target.closest("[data-guard]") || event.target.matches("[data-saves], [type=search], [data-select], [data-select-all], dialog *, [data-bulk] *")) return;
  dirty = true;
  saveState("Not saved yet");
});
document.addEventListener("htmx:sendError", () => saveState("Not saved: the server cannot be reached"));
document.addEventListener("htmx:afterRequest", (event) => { if (event.detail.successful) dirty = false; });
addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });

// Command palette.
function openPalette() {
  const palette = $("#palette");
  if (!palette || palette.open) return;
  palette.showModal();
  const input = $("#palette-input");
  input.value = "";
  input.focus();
  window.htmx?.ajax("GET", input.getAttribute("hx-get"), { target: "#palette-results" });
}
$("#palette-input")?.addEventListener("keydown", (event) => {
  const links = $$("#palette-results a");
  const at = links.findIndex((link) => link.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    const next = links[(at + (event.key === "ArrowDown" ? 1 : -1) + links.length) % links.length];
    links[at]?.removeAttribute("aria-selected");
    next?.setAttribute("aria-selected", "true");
    next?.scrollIntoView({ block: "nearest" });
    if (next) event.target.setAttribute("aria-activedescendant", next.id);
  } else if (event.key === "Enter" && links.length) {
    event.preventDefault();
    (links[at] ?? links[0]).click();
  }
});

// Keyboard: letters act only outside fields, and only where the person left them on.
let prefix = "";
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") { event.preventDefault(); return openPalette(); }
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter" && event.target.form) return event.target.form.requestSubmit();
  if (event.target.matches("input, textarea, select, [contenteditable]") || event.ctrlKey || event.metaKey || event.altKey || $("dialog[open]")) return;
  if (document.body.dataset.shortcuts !== "on") return;
  const key = event.key;
  if (prefix === "g") { prefix = ""; const link = $(`[data-go="${CSS.escape(key)}"]`); if (link) { event.preventDefault(); link.click(); } return; }
  if (key === "g") { prefix = "g"; setTimeout(() => { prefix = ""; }, 1200); return; }
  if (key === "/") { const field = $("[data-search]"); event.preventDefault(); return field ? field.focus() : openPalette(); }
  if (key === "?") return $("a[href$='/shortcuts/']")?.click();
  if (key === "n") return $("[data-new]")?.click();
  if (["j", "k", "x", "Enter"].includes(key)) {
    const rows = $$("table[data-rows] tbody tr");
    if (!rows.length) return;
    const at = rows.findIndex((row) => row.classList.contains("is-current"));
    if (key === "x") return $("input[type=checkbox]", rows[at] ?? rows[0])?.click();
    if (key === "Enter") { if (at >= 0 && event.target === document.body) $("a", rows[at])?.click(); return; }
    const next = rows[Math.max(0, Math.min(rows.length - 1, at + (key === "j" ? 1 : -1)))];
    rows[at]?.classList.remove("is-current");
    next.classList.add("is-current");
    next.scrollIntoView({ block: "nearest" });
  }
});

// Bulk selection.
document.addEventListener("change", (event) => {
  const box = event.target.closest("[data-select-all], [data-select]");
  if (!box) return;
  if ("selectAll" in box.dataset) selectable(box.form).forEach((other) => { other.checked = box.checked; });
  showSelected(box.form);
});
const selectable = (form) => [...form.elements].filter((box) => "select" in box.dataset);
function showSelected(form) {
  const count = selectable(form).filter((box) => box.checked).length;
  form.classList.toggle("has-selection", count > 0);
  $$("[data-selected-count]", form).forEach((place) => { place.textContent = count; });
}

// Theme preview on the profile page; the server keeps the choice.
document.addEventListener("change", (event) => { if (event.target.name === "theme") document.documentElement.dataset.theme = event.target.value; });

// Signature: typed by default, drawn where a pointer is at hand.
const signHere = () => $$("[data-signature]:not([data-ready])").forEach((box) => {
  box.dataset.ready = "1";
  const form = box.closest("form");
  const value = $("[data-signature-value]", box);
  const typed = $("[data-signature-typed]", box);
  const canvas = $("[data-signature-canvas]", box);
  const pen = canvas.getContext("2d");
  const name = form.elements.name;
  let drawing = false, drawn = false;
  const kind = () => form.elements.signature_kind.value;
  const sync = () => {
    typed.textContent = name?.value ?? "";
    typed.hidden = kind() !== "typed";
    $("[data-signature-drawn]", box).hidden = kind() !== "drawn";
    value.value = kind() === "typed" ? (name?.value ?? "") : drawn ? canvas.toDataURL("image/png") : "";
  };
  const place = (event) => { const area = canvas.getBoundingClientRect(); return [(event.clientX - area.left) * canvas.width / area.width, (event.clientY - area.top) * canvas.height / area.height]; };
  canvas.addEventListener("pointerdown", (event) => { drawing = true; canvas.setPointerCapture(event.pointerId); pen.lineWidth = 3; pen.lineCap = pen.lineJoin = "round"; pen.strokeStyle = "#16213a"; pen.beginPath(); pen.moveTo(...place(event)); });
  canvas.addEventListener("pointermove", (event) => { if (drawing) { pen.lineTo(...place(event)); pen.stroke(); drawn = true; } });
  canvas.addEventListener("pointerup", () => { drawing = false; sync(); });
  $("[data-signature-clear]", box).addEventListener("click", () => { pen.clearRect(0, 0, canvas.width, canvas.height); drawn = false; sync(); });
  form.addEventListener("input", sync);
  form.addEventListener("submit", sync, true);
  if (value.value) { // drawn before, and the form came back for another reason
    const before = new Image();
    before.addEventListener("load", () => { pen.drawImage(before, 0, 0); drawn = true; sync(); });
    before.src = value.value;
  }
  sync();
});
signHere();
document.addEventListener("htmx:afterSettle", signHere);

// An offer's page tells us, and nobody else, for how long which part of it was in sight.
const reading = $("[data-reading]");
if (reading) {
  const sight = new Map(), sums = {};
  let since = Date.now();
  const count = () => {
    const now = Date.now(), seconds = document.visibilityState === "visible" || count.leaving ? Math.min((now - since) / 1000, 60) : 0;
    since = now;
    for (const [part, visible] of [["page", true], ...sight]) if (visible) sums[part] = (sums[part] ?? 0) + seconds;
  };
  const watch = new IntersectionObserver((entries) => {
    count();
    for (const entry of entries) sight.set(entry.target.dataset.part, entry.isIntersecting);
  }, { threshold: 0.25 });
  const look = () => $$("[data-part]").forEach((part) => watch.observe(part));
  const tell = () => {
    count();
    const form = new FormData();
    form.set("csrfmiddlewaretoken", token());
    for (const part of Object.keys(sums)) {
      const whole = Math.floor(sums[part]);
      if (whole) { form.set(part, whole); sums[part] -= whole; }
    }
    if (form.has("page")) navigator.sendBeacon(reading.dataset.reading, form);
  };
  look();
  document.addEventListener("htmx:afterSettle", look);
  document.addEventListener("visibilitychange", () => {
    count.leaving = document.visibilityState === "hidden";
    count.leaving ? tell() : (since = Date.now());
  });
  addEventListener("pagehide", tell);
  setInterval(() => { if (document.visibilityState === "visible") tell(); }, 20000);
}
