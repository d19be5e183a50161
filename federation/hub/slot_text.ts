/**
 * Slots as people read them.
 *
 * @module
 */

/** Twelve hexadecimal digits. */
export function slotText(slot: number): string {
  return slot.toString(16).padStart(12, "0");
}

/** The slot in a text; `undefined` if there is none. */
export function parseSlot(text: string): number | undefined {
  return /^[0-9a-f]{12}$/.test(text) ? parseInt(text, 16) : undefined;
}
