/**
 * What the demo has to tell while it runs.
 *
 * @module
 */

/** An alert in a few words; the rest of it says where to look. */
export function inShort(text: string): string {
  return text.split(" | ").slice(0, 2).join(": ");
}

/** A page that can be opened. */
export interface Page {
  /** Its address. */
  readonly url: string;
  /** What it is, in a few words. */
  readonly title: string;
  /** What it shows, one sentence. */
  readonly about: string;
}

/** Something that is told; times are those of the nodes, Unix milliseconds. */
export type Told =
  /** Every page answers. */
  | { readonly what: "ready"; readonly pages: readonly Page[]; readonly afterMs: number }
  /** The ordinary hours before the story are over. */
  | { readonly what: "past"; readonly hours: number; readonly events: number; readonly afterMs: number }
  /** Another part of the story begins. */
  | { readonly what: "chapter"; readonly at: number; readonly text: string; readonly isQuiet: boolean }
  /** The alerts tool beside one node says something. */
  | {
    readonly what: "alert";
    readonly at: number;
    readonly rule: string;
    readonly state: "firing" | "resolved";
    readonly text: string;
    readonly url: string;
  }
  /** The hub says something. */
  | {
    readonly what: "incident";
    readonly at: number;
    readonly anomaly: string;
    readonly state: "firing" | "resolved";
    readonly text: string;
    readonly url: string;
  };
