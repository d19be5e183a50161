/**
 * The little that is needed to show things: elements, and tables whose rows stay where they are while numbers change.
 * All text goes in as text, never as HTML.
 *
 * @module
 */

/// <reference lib="dom" />

/** What can stand inside an element. */
export type Child = Node | string;

/** Attributes; a function is a listener for the event of that name. */
export type Props = Readonly<
  Record<string, string | number | boolean | undefined | ((event: Event) => void)>
>;

/** Makes an element. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  setProps(element, props);
  element.append(...children);
  return element;
}

/** Makes an element of a drawing. */
export function svg(tag: string, props: Props = {}, ...children: Child[]): SVGElement {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  setProps(element, props);
  element.append(...children);
  return element;
}

/** Sets attributes; `undefined` and `false` remove one. */
export function setProps(element: Element, props: Props): void {
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === undefined || value === false) element.removeAttribute(name);
    else if (element.getAttribute(name) !== String(value)) {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
}

/** Sets a text where it has changed, so that a selection of it survives. */
export function setText(element: Node, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** A section, with a heading where the page's own does not say enough. */
export function panel(title: string, props: Props, ...children: Child[]): HTMLElement {
  return h(
    "section",
    { ...props, class: `panel ${props.class ?? ""}` },
    ...(title === "" ? [] : [h("h2", {}, title)]),
    ...children,
  );
}

/** Several names, one of which is chosen. */
export function select(
  label: string,
  choices: readonly (readonly [value: string, title: string])[],
  { value, onChange }: { value: string; onChange: (value: string) => void },
): HTMLLabelElement {
  const box = h(
    "select",
    { change: () => onChange(box.value) },
    ...choices.map(([value, title]) => h("option", { value }, title)),
  );
  box.value = value;
  return h("label", { class: "field" }, h("span", {}, label), box);
}

/** A text to look for. */
export function search(
  label: string,
  { value, onChange }: { value: string; onChange: (value: string) => void },
): HTMLLabelElement {
  const box = h("input", {
    type: "search",
    placeholder: label,
    "aria-label": label,
    "data-search": "",
    spellcheck: "false",
    input: () => onChange(box.value),
  });
  box.value = value;
  return h("label", { class: "field search" }, box);
}

/** A number as the length of a bar behind its text. */
export interface Bar {
  readonly text: string;
  /** From 0 to 1. */
  readonly share: number;
  /** "in" or "out", or a colour of its own. */
  readonly tone?: string;
}

/** What a cell shows. */
export type Cell = string | Bar | { readonly text: string; readonly href: string } | {
  readonly text: string;
  readonly badge: string;
};

/** A column. */
export interface Column<T> {
  readonly key: string;
  readonly title: string;
  readonly numeric?: boolean;
  readonly mono?: boolean;
  /** Left out where there is little room. */
  readonly wide?: boolean;
  /** Left out on a phone. */
  readonly medium?: boolean;
  /** Takes what room is left. */
  readonly grow?: boolean;
  cell(row: T): Cell;
  /** What the column is sorted by, where it can be. */
  sort?(row: T): number | string;
}

/** Told which column a table is to be sorted by; a minus in front: largest first. */
export type Sort = (by: string) => void;

/** A table that is filled again and again. */
export class Table<T> {
  /** Put this on the page. */
  readonly element: HTMLElement;
  readonly #columns: readonly Column<T>[];
  readonly #key: (row: T) => string | number;
  readonly #body = h("tbody");
  readonly #rows = new Map<string | number, HTMLTableRowElement>();
  readonly #heads = new Map<string, HTMLElement>();
  readonly #empty = h("p", { class: "empty" });
  readonly #table: HTMLTableElement;

  constructor(
    { columns, key, caption, onSort }: {
      columns: readonly Column<T>[];
      key: (row: T) => string | number;
      caption: string;
      onSort?: Sort;
    },
  ) {
    this.#columns = columns;
    this.#key = key;
    const heads = columns.map((column) => {
      const th = h("th", { scope: "col", class: classOf(column) }, this.#heading(column, onSort));
      this.#heads.set(column.key, th);
      return th;
    });
    this.#table = h(
      "table",
      {},
      h("caption", {}, caption),
      h("thead", {}, h("tr", {}, ...heads)),
      this.#body,
    );
    this.element = h(
      "div",
      { class: "table", tabindex: "0", role: "region", "aria-label": caption },
      this.#table,
      this.#empty,
    );
  }

  /** Shows these rows, or says why there are none. */
  show(rows: readonly T[], { empty = "", selected, sorted }: {
    empty?: string;
    selected?: string | number | undefined;
    sorted?: string;
  } = {}): void {
    const seen = new Set<string | number>();
    let at = this.#body.firstElementChild;
    for (const row of rows) {
      const key = this.#key(row);
      seen.add(key);
      const tr = this.#rowOf(key);
      this.#fill(tr, row);
      setProps(tr, { "aria-selected": key === selected ? "true" : undefined });
      if (tr === at) at = at.nextElementSibling;
      else this.#body.insertBefore(tr, at);
    }
    for (const [key, tr] of this.#rows) {
      if (seen.has(key)) continue;
      tr.remove();
      this.#rows.delete(key);
    }
    setText(this.#empty, rows.length === 0 ? empty : "");
    setProps(this.#table, { hidden: rows.length === 0 && empty !== "" });
    for (const [key, th] of this.#heads) {
      const direction = sorted === key ? "ascending" : sorted === `-${key}` ? "descending" : undefined;
      setProps(th, { "aria-sort": direction });
    }
  }

  #rowOf(key: string | number): HTMLTableRowElement {
    let tr = this.#rows.get(key);
    if (tr === undefined) {
      tr = h("tr", {}, ...this.#columns.map((column) => h("td", { class: classOf(column) })));
      this.#rows.set(key, tr);
    }
    return tr;
  }

  #fill(tr: HTMLTableRowElement, row: T): void {
    this.#columns.forEach((column, i) => fillCell(tr.cells[i]!, column.cell(row)));
  }

  #heading(column: Column<T>, onSort: Sort | undefined): Child {
    if (column.sort === undefined || onSort === undefined) return column.title;
    const { key, title, numeric } = column;
    const sort = () => {
      const now = this.#heads.get(key)?.getAttribute("aria-sort");
      const down = now === null ? numeric === true : now === "ascending";
      onSort(`${down ? "-" : ""}${key}`);
    };
    return h("button", { type: "button", class: "sort", click: sort }, title);
  }
}

/** Rows in the order that a column's name, or its name with a minus, says. */
export function sortRows<T>(rows: readonly T[], columns: readonly Column<T>[], by: string): T[] {
  const sort = columns.find(({ key }) => key === by.replace(/^-/, ""))?.sort;
  if (sort === undefined) return [...rows];
  const sign = by.startsWith("-") ? -1 : 1;
  return rows.toSorted((a, b) => {
    const [x, y] = [sort(a), sort(b)];
    return sign *
      (typeof x === "number" && typeof y === "number" ? x - y : String(x).localeCompare(String(y)));
  });
}

function classOf<T>({ numeric, mono, wide, medium, grow }: Column<T>): string | undefined {
  return [numeric && "num", mono && "mono", wide && "wide", medium && "medium", grow && "grow"].filter(
    Boolean,
  ).join(" ") ||
    undefined;
}

function fillCell(td: HTMLElement, cell: Cell): void {
  if (typeof cell === "string") return setText(td, cell);
  if ("share" in cell) return fillBar(td, cell);
  const tag = "href" in cell ? "a" : "span";
  let inner = td.firstElementChild;
  if (inner === null) td.replaceChildren(inner = h(tag));
  setProps(inner, "href" in cell ? { href: cell.href } : { class: `badge ${cell.badge}` });
  setText(inner, cell.text);
}

function fillBar(td: HTMLElement, { text, share, tone = "" }: Bar): void {
  let [bar, label] = td.children as unknown as [HTMLElement?, HTMLElement?];
  if (bar === undefined || label === undefined) {
    bar = h("i", { class: `bar ${tone}` });
    label = h("span");
    td.replaceChildren(bar, label);
    td.classList.add("barred");
  }
  bar.style.inlineSize = `${Math.round(Math.min(1, Math.max(0, share)) * 1000) / 10}%`;
  setText(label, text);
}
