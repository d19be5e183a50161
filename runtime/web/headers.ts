/**
 * What every answer with a page says: nothing from elsewhere may be loaded, and nobody elsewhere may look inside.
 *
 * @module
 */

/**
 * Headers of pages; their forms may be sent nowhere, or to where the page is from. Whoever gets a form wants to know
 * which page it is from, and a browser that may not say so says `null`.
 */
export function pageHeaders({ forms = "none" }: { forms?: "none" | "self" } = {}): Record<string, string> {
  const policy = `default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action '${forms}'`;
  return {
    "content-security-policy": policy,
    "cross-origin-embedder-policy": "require-corp",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": forms === "self" ? "same-origin" : "no-referrer",
    "x-content-type-options": "nosniff",
  };
}
