/**
 * What a view is, and what it is given.
 *
 * @module
 */

import type { Store } from "./store.ts";

/** The state of a view, which lives in the address so that it can be shared. */
export interface Params {
  get(name: string): string;
  /** An empty value takes the name out. */
  set(name: string, value: string): void;
  /** The address of a view, with some values changed; the node stays. */
  href(path: string, values?: Readonly<Record<string, string | number>>): string;
}

/** A view on the page. */
export interface View {
  readonly element: HTMLElement;
  /** Shows what is known now. */
  update(store: Store, now: number): void;
  stop?(): void;
}

/** Makes a view. */
export type MakeView = (params: Params) => View;
