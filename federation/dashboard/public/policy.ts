/**
 * What browsers are told about all that is public.
 *
 * @module
 */

/** Nothing but our own files; no script and no style in a page; forms nowhere. */
export const CONTENT_POLICY = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; " +
  "connect-src 'self'; base-uri 'none'; form-action 'none'";

/** The same for every answer: they tell nothing of what was asked, or of the hub. */
export const HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": `${CONTENT_POLICY}; frame-ancestors 'none'`,
  "cross-origin-opener-policy": "same-origin",
  // Anybody may use the data.
  "access-control-allow-origin": "*",
  "cross-origin-resource-policy": "cross-origin",
  "permissions-policy": "interest-cohort=()",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};
