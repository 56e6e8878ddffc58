// What is typed into a quote saves itself, and is kept until the server has it. Money is the server's.
const unsaved = new Map();  // by the field's id: what the server has not confirmed yet
const typedIn = (field) => (field.type !== "checkbox" ? field.value : field.checked ? "on" : "");
let visit = {};  // the field that has the focus; what is saved from it in one go is one step to undo

document.addEventListener("focusin", ({ target }) => {
  if (!target.matches("[data-saves]")) return;
  const isSame = visit.field?.id === target.id && !visit.field.isConnected;  // its row came anew
  visit = isSame ? { ...visit, field: target } : { field: target, was: typedIn(target), isSaved: false };
});

// What is typed is saved 300 ms later, at once on leaving the field; not while a character is being composed.
document.addEventListener("input", ({ target, isComposing }) => { if (!isComposing) keepTyped(target); });
document.addEventListener("compositionend", ({ target }) => keepTyped(target));
function keepTyped(target) {
  if (!target.matches("[data-saves]")) return;
  clearTimeout(unsaved.get(target.id)?.timer);
  saveState("Not saved yet");
  const { known = [target.defaultValue], seen } = unsaved.get(target.id) ?? {};
  unsaved.set(target.id, { name: target.name, value: typedIn(target), url: target.closest("[data-url]").dataset.url, timer: setTimeout(() => save(target.id), 300), known, seen });
}
document.addEventListener("focusout", ({ target }) => { if (unsaved.get(target.id)?.timer) save(target.id); });

function save(id) {
  const one = unsaved.get(id);
  clearTimeout(one.timer);
  one.timer = 0;
  one.isSent = true;
  one.known.push(one.value);
  const values = { field: one.name, [one.name]: one.value, saves: id, ...(visit.field?.id === id && visit.isSaved && { typing_on: "1" }) };
  if (visit.field?.id === id) visit.isSaved = true;
  post(one.url, values);
}
// Sent from what is always there: a row, or a button, may come anew before its turn comes, and htmx would forget it.
function post(url, values = {}) {
  htmx.ajax("POST", url, { source: "[data-grid]", swap: "none", values }).catch(() => {});
}
document.addEventListener("htmx:configRequest", ({ detail: { parameters } }) => {
  const seen = unsaved.get(parameters.saves)?.seen;  // asked when its turn comes
  if (seen) parameters.seen = seen;
});
document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-post]");
  if (button) { saveTyped(); post(button.dataset.post, button.name ? { [button.name]: button.value } : {}); }
});
const saveTyped = () => unsaved.forEach((one, id) => { if (!one.isSent) save(id); });

// Out of reach, restarting or signed out, the server has nothing: it is tried again. Any other answer counts.
const isLost = (one) => !one.isSent && !one.timer;
document.addEventListener("htmx:afterRequest", ({ detail: { xhr, requestConfig: { parameters } } }) => {
  const one = unsaved.get(parameters.saves);
  if (one && (xhr.status === 0 || xhr.status === 401 || xhr.status > 501)) one.isSent = false;
  else if (one?.isSent && one.value === parameters[one.name]) {
    unsaved.delete(parameters.saves);
    const field = document.getElementById(parameters.saves);
    if (field && xhr.status < 400) field.defaultValue = field.value;
  }
  if (unsaved.size) saveState([...unsaved.values()].some(isLost) ? "Not saved: trying again" : "Saving…");
});
const again = () => unsaved.forEach((one, id) => { if (isLost(one)) save(id); });
setInterval(again, 5000);
addEventListener("online", again);
document.addEventListener("visibilitychange", saveTyped);  // a phone may not come back
addEventListener("beforeunload", (event) => { if (unsaved.size) event.preventDefault(); });

// What changed takes the place of what it is of; rows that came stand in the order of all, rows that went go.
document.addEventListener("htmx:oobAfterSwap", () => {
  const changes = $("#changes");
  if (!changes?.firstElementChild) return;
  const body = $("[data-grid] tbody"), before = document.activeElement, at = $$("tr", body).indexOf(before.closest("tr"));
  const shown = new Map($$("[id]", body).map((element) => [element.id, element]));
  for (const piece of $$("tr, :scope > [id]", changes)) {
    const old = shown.get(piece.id), box = $("[data-select]", piece);
    if (box && old) box.checked = $("[data-select]", old).checked;
    if (old) old.replaceWith(piece); else if (piece.matches("tr")) body.append(piece);
    if ($("[hx-get]", piece)) htmx.process(piece);
  }
  if (changes.dataset.order !== undefined) arrange(body, changes.dataset.order.trim().split(" "));
  changes.replaceChildren();
  unsaved.forEach(retype);
  if (document.activeElement !== before) (before.isConnected ? before : document.getElementById(before.id) ?? inPlaceOf(before, $$("tr", body)[at]))?.focus({ preventScroll: true });
});

function arrange(body, order) {
  const rows = new Map($$("tr", body).map((row) => [row.dataset.line, row]));
  const put = body.moveBefore ?? body.insertBefore;  // the first keeps the focus
  let next = body.firstElementChild, number = 0;
  for (const line of order) {
    const row = rows.get(line);
    if (!row) continue;
    const name = $("[name=description][data-number]", row);
    number += 1;
    name?.setAttribute("aria-label", `${name.dataset.number} ${number}`);
    if (next !== row && next?.nextElementSibling === row) { const late = next; next = row; put.call(body, late, null); }
    if (next === row) next = row.nextElementSibling; else put.call(body, row, next);
    rows.delete(line);
  }
  rows.forEach((row) => row.remove());
}

// What was typed meanwhile stands in the row that came anew; a row that went took it along. Where a colleague
// changed the very cell, it is saved as of before that, so that the server asks which of both counts.
function retype(one, id) {
  const field = document.getElementById(id);
  if (field?.matches("[data-cell]")) {
    if (![...one.known, one.value].includes(field.defaultValue)) one.seen ??= document.getElementById("seen").value;
    field.value = one.value;
  }
  if (field) return;
  clearTimeout(one.timer);
  unsaved.delete(id);
  toast({ text: `The line was removed meanwhile: “${one.value}” is not saved.`, tone: "red" });
}

// The cursor stays where it was when its row goes: in the row that takes its place, or at what adds one.
function inPlaceOf(gone, row) {
  const rows = $$("[data-grid] tbody tr"), there = row ?? rows.at(-1);
  if (!there) return $("[data-picker]");
  return (gone.name && $(`[name="${gone.name}"]`, there)) || $$("button", there).at(-1);
}
