/**
 * The one shape of a page: what it shows is loaded once, and told to people as HTML and to programs as JSON.
 *
 * @module
 */

import type { Child } from "hono/jsx";

/** What a request asks of a page. */
export interface Ask {
  /** What stands behind the page's path. */
  readonly id: string | undefined;
  /** What stands behind the question mark. */
  query(name: string): string | undefined;
}

/** A page, loaded. */
export interface Loaded {
  /** For programs. */
  readonly json: object;
  /** For people. */
  readonly body: Child;
  /** Where it says more than the page's own. */
  readonly title?: string;
}

/** A page over a source of type `S`. */
export interface View<S> {
  /** `/now`; it may end with `/:id`. */
  readonly path: string;
  readonly title: string;
  readonly about: string;
  /** It changes not only when a bin is closed: it is loaded again so often. */
  readonly everySeconds?: number;
  /** `undefined` if there is no such thing. */
  load(source: S, ask: Ask): Promise<Loaded | undefined>;
}

/** Makes a page out of a model and how it looks. */
export function view<S, M extends object>(
  { load, body, name, ...rest }: {
    readonly path: string;
    readonly title: string;
    readonly about: string;
    readonly everySeconds?: number;
    load(source: S, ask: Ask): Promise<M | undefined>;
    body(model: M): Child;
    name?(model: M): string;
  },
): View<S> {
  return {
    ...rest,
    async load(source, ask) {
      const model = await load(source, ask);
      return model && { json: model, body: body(model), ...name && { title: name(model) } };
    },
  };
}
