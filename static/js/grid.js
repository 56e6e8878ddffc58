// The line editor: keys move between its cells, rows are dragged, pasted, picked.
{
  const editor = document.getElementById("editor");
  const seen = () => document.getElementById("seen");
  const cellsOf = (row) => $$("[data-cell]", row);
  const rows = () => $$("[data-grid] tbody tr");
  const isDecimal = (cell) => cell.inputMode === "decimal";
  const isText = (cell) => cell.type !== "date";

  document.addEventListener("htmx:afterSettle", () => {
    const form = document.getElementById("bulk");
    if (form) showSelected(form);
    const sheet = $("#sheet > dialog:not([open])");
    if (sheet) sheet.showModal();
  });
  document.addEventListener("htmx:afterRequest", ({ detail: { elt, successful } }) => { if (successful && elt.id === "bulk") { elt.reset(); showSelected(elt); } });

  // A dialog that was closed is gone; the next answer must not open it again.
  document.addEventListener("close", (event) => { if (event.target.closest("#sheet")) event.target.remove(); }, true);

  // Terms that a colleague changed, or an undo, are put into their fields.
  document.addEventListener("terms", (event) => {
    for (const [name, value] of Object.entries(event.detail)) {
      const field = document.getElementById(`id_${name}`);
      if (!field || name === "elt" || document.activeElement === field || unsaved.has(field.id)) continue;
      if (field.type === "checkbox") field.checked = value; else field.value = value;
    }
  });

  // A cell shows how its number was understood; a new section or note waits for its words.
  document.addEventListener("read", (event) => {
    const { line, name, typed, value } = event.detail;
    const cell = $(`#line-${line} [name="${name}"]`);
    if (cell && cell.value === typed && document.activeElement !== cell) cell.value = value;
  });
  document.addEventListener("name", (event) => {
    const cell = document.getElementById(event.detail.cell);
    cell?.focus();
    cell?.select();
  });

  // A bundle's options are chosen where they open; then the next product is typed.
  document.addEventListener("htmx:afterSettle", (event) => { if (event.detail.target.id === "configurator") $("#configurator .input")?.select(); });
  document.addEventListener("htmx:afterRequest", (event) => { if (event.detail.successful && event.detail.elt.matches("#configurator > form")) $("#picker").focus(); });

  // What else is in a row is called by its description.
  document.addEventListener("change", ({ target }) => {
    if (!target.matches("[data-grid] [name=description]")) return;
    for (const other of $$("[aria-label]", target.closest("tr"))) other.setAttribute("aria-label", other.getAttribute("aria-label").replace(` ${visit.was}`, () => ` ${target.value}`));
  });

  // Arrow keys, Enter, Escape.
  function go(cell, step) {
    const all = rows();
    for (let at = all.indexOf(cell.closest("tr")) + step; all[at]; at += step) {
      const there = cellsOf(all[at]).find((other) => other.name === cell.name);
      if (there) { there.focus(); if (isText(there)) there.select(); return true; }
    }
    return false;
  }
  function aside(cell, step) {
    const all = cellsOf(cell.closest("table"));
    const there = all[all.indexOf(cell) + step];
    if (there) { there.focus(); if (isText(there)) there.select(); }
  }
  function cellKey(event) {
    const cell = event.target;
    const atStart = isText(cell) && cell.selectionStart === 0;
    const atEnd = isText(cell) && cell.selectionEnd === cell.value.length;
    switch (event.key) {
      case "Enter": if (!go(cell, event.shiftKey ? -1 : 1)) $("#picker")?.focus(); break;
      case "ArrowDown": if (!isText(cell)) return; go(cell, 1); break;
      case "ArrowUp": if (!isText(cell)) return; go(cell, -1); break;
      case "ArrowLeft": if (!atStart || event.shiftKey) return; aside(cell, -1); break;
      case "ArrowRight": if (!atEnd || event.shiftKey) return; aside(cell, 1); break;
      case "Escape":
        if (cell.value !== visit.was) { cell.value = visit.was; cell.dispatchEvent(new Event("input", { bubbles: true })); }
        if (isText(cell)) cell.select();
        break;
      default: return;
    }
    event.preventDefault();
  }

  // The picker: arrows choose, Enter adds and stays.
  function pickerKey(event) {
    const buttons = $$("#products button");
    const at = buttons.findIndex((button) => button.closest("li").classList.contains("is-current"));
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!buttons.length) return;
      const next = buttons[(at + (event.key === "ArrowDown" ? 1 : -1) + buttons.length) % buttons.length].closest("li");
      buttons[at]?.closest("li").classList.remove("is-current");
      next.classList.add("is-current");
      next.scrollIntoView({ block: "nearest" });
      event.target.setAttribute("aria-activedescendant", next.id);
    } else if (event.key === "Enter") {
      (buttons[at] ?? buttons[0])?.click();
      event.target.select();
    } else if (event.key === "Escape") {
      event.target.value = "";
    } else return;
    event.preventDefault();
  }

  document.addEventListener("keydown", (event) => {
    const key = event.key.toLowerCase();
    if ((event.ctrlKey || event.metaKey) && (key === "z" || key === "y") && !$("dialog[open]")) {
      event.preventDefault();
      saveTyped();
      // The answer to what was typed last says that there is something to undo.
      post($(key === "y" || event.shiftKey ? "[data-redo]" : "[data-undo]").dataset.post);
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches("[data-cell]")) cellKey(event);
    else if (event.target.matches("[data-picker]")) pickerKey(event);
    else if (event.target.matches("[data-drag]") && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      event.preventDefault();
      const row = event.target.closest("tr");
      post(`${row.dataset.url}move/${event.key === "ArrowUp" ? "up" : "down"}/`);
    }
  });

  // Numbers from a spreadsheet fill the cells below and beside; other rows are lines to add. A single value stays in its cell.
  const isNumber = (text) => /^[−-]?[\d.,'’\s]*\d\s*%?$/.test(text);
  function fill(cell, block) {
    const all = rows().slice(rows().indexOf(cell.closest("tr"))).filter((row) => $(`[name="${cell.name}"]`, row));
    block.slice(0, all.length).forEach((texts, at) => {
      const cells = cellsOf(all[at]), first = cells.findIndex((other) => other.name === cell.name);
      texts.forEach((text, aside) => {
        const there = cells[first + aside];
        if (!there || !text || !isDecimal(there)) return;
        there.value = text;
        there.dispatchEvent(new Event("input", { bubbles: true }));
      });
    });
    if (block.length > all.length) toast({ text: `${all.length} lines are left from here on; what was pasted beyond them was left out.`, tone: "red" });
  }
  document.addEventListener("paste", (event) => {
    const cell = event.target;
    if (!cell.matches("[data-cell], [data-picker]")) return;
    const text = event.clipboardData.getData("text/plain").trim();
    if (!/[\t\n]/.test(text)) return;
    const block = text.split(/\r?\n/).map((line) => line.split("\t").map((value) => value.trim()));
    if (isDecimal(cell) && block.flat().every((value) => !value || isNumber(value))) {
      event.preventDefault();
      fill(cell, block);
    } else if (editor.dataset.paste) {
      event.preventDefault();
      htmx.ajax("POST", editor.dataset.paste, { source: editor, target: "#sheet", swap: "innerHTML", values: { text } });
    }
  });

  // Drag a row by its handle, with mouse, pen or finger.
  let dragged = null;
  document.addEventListener("pointerdown", (event) => {
    const handle = event.target.closest("[data-drag]");
    if (!handle || event.button) return;
    dragged = { row: handle.closest("tr"), before: undefined };
    handle.setPointerCapture(event.pointerId);
    dragged.row.classList.add("is-dragged");
  });
  function hover(y) {
    const all = rows();
    const within = all.find((row) => { const area = row.getBoundingClientRect(); return y >= area.top && y < area.bottom; });
    const under = within ?? (y < all[0].getBoundingClientRect().top ? all[0] : all.at(-1));  // beyond the ends is the first or last place
    all.forEach((row) => row.classList.remove("drop-above", "drop-below"));
    if (!under || under === dragged.row) { dragged.before = undefined; return; }
    const area = under.getBoundingClientRect();
    const isAbove = y < area.top + area.height / 2;
    under.classList.add(isAbove ? "drop-above" : "drop-below");
    dragged.before = isAbove ? under.dataset.line : under.nextElementSibling?.dataset.line ?? "";
  }
  // Near the edges of what is in sight the page moves along.
  function roll() {
    if (!dragged) return;
    const top = $(".sticky-strip").getBoundingClientRect().bottom + 30;
    const step = dragged.y < top ? -12 : dragged.y > innerHeight - 40 ? 12 : 0;
    if (step) { scrollBy({ top: step, behavior: "instant" }); hover(dragged.y); }
    requestAnimationFrame(roll);
  }
  document.addEventListener("pointermove", (event) => {
    if (!dragged) return;
    if (dragged.y === undefined) requestAnimationFrame(roll);
    dragged.y = event.clientY;
    hover(dragged.y);
  });
  const drop = () => {
    if (!dragged) return;
    const { row, before } = dragged;
    dragged = null;
    row.classList.remove("is-dragged");
    rows().forEach((other) => other.classList.remove("drop-above", "drop-below"));
    if (before === undefined || before === row.dataset.line) return;
    post(editor.dataset.reorder, { line: row.dataset.line, before });
  };
  document.addEventListener("pointerup", drop);
  document.addEventListener("pointercancel", () => { if (dragged) { dragged.before = undefined; drop(); } });

  // What colleagues change appears by itself; not while the person is in a dialog or asked something.
  setInterval(() => {
    if (document.visibilityState === "visible" && !$("dialog[open]") && !unsaved.size && !$("#conflict").childElementCount && seen()) htmx.trigger($("[data-poll]"), "poll");
  }, 5000);
}
