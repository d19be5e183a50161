/**
 * Finds what parses as an address, a host name or a user agent in a text or in bytes, in whatever form: as it is,
 * backwards, in hexadecimal, in base64, packed.
 *
 * @module
 */

/** Something that should not be there. */
export interface Found {
  /** What it looks like. */
  readonly what: "address" | "host name" | "user agent";
  /** In which form. */
  readonly form: string;
  /** The very text, for those who may see it. */
  readonly text: string;
}

const OCTET = "(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)";
const IPV4 = new RegExp(`(?<![\\d.])${OCTET}(?:\\.${OCTET}){3}(?!\\d|\\.\\d)`, "g");
const IPV6 =
  /(?<![0-9a-f:.])(?=[0-9a-f]*:[0-9a-f]*:)[0-9a-f:]{2,39}(?:\d{1,3}(?:\.\d{1,3}){3})?(?![0-9a-z:])/gi;
const KEY = /[a-z2-7]{16,56}\.(?:onion|b32\.i2p)/gi;
const NAME = /(?<![a-z0-9.-])(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,62}(?![a-z0-9-])/gi;
const AGENT = /\/[\w .+-]{1,64}:[\w.+-]{1,64}(?:\([^()]*\))?\//g;

/** Runs that may hide something. */
const HEX_RUN = /(?:[0-9a-f]{2}){4,}/gi;
const BASE64_RUN = /[A-Za-z0-9+/_-]{6,}={0,2}/g;

/** Everything in a text that looks like one of these, once for each form. */
export function findIn(text: string, form = "text"): Found[] {
  const backwards = [...text].reverse().join("");
  return [
    ...plainly(text, form),
    ...plainly(backwards, `${form}, reversed`).filter((found) => !isPalindromic(found.text)),
    ...[...text.matchAll(HEX_RUN)].flatMap(([run]) => insideBytes(Uint8Array.fromHex(run), `${form}, hex`)),
    ...[...text.matchAll(BASE64_RUN)].flatMap(([run]) => insideBase64(run, `${form}, base64`)),
  ];
}

function plainly(text: string, form: string): Found[] {
  const all = (pattern: RegExp, what: Found["what"]) =>
    [...text.matchAll(pattern)].map(([found]): Found => ({ what, form, text: found }));
  return [
    ...all(IPV4, "address"),
    ...all(IPV6, "address").filter(({ text }) => isIpv6(text)),
    ...all(KEY, "address"),
    ...all(NAME, "host name").filter(({ text }) => !/\.(onion|i2p)$/i.test(text)),
    ...all(AGENT, "user agent"),
  ];
}

/** The same both ways would be said twice. */
function isPalindromic(text: string): boolean {
  return text === [...text].reverse().join("");
}

/** Bytes that were written as text: they may be a text themselves, or an address of 4 or 16 bytes. */
function insideBytes(bytes: Uint8Array, form: string): Found[] {
  const ways = [[bytes, form], [bytes.toReversed(), `${form}, reversed`]] as const;
  return ways.flatMap(([bytes, form]) => plainly(String.fromCharCode(...bytes.subarray(0, 65_536)), form));
}

function insideBase64(run: string, form: string): Found[] {
  const text = run.replaceAll("-", "+").replaceAll("_", "/").replace(/=+$/, "");
  // It may begin anywhere in a group of four.
  return [0, 1, 2, 3].flatMap((skip) => {
    const part = text.slice(skip);
    const whole = part.slice(0, part.length - (part.length % 4 === 1 ? 1 : 0));
    if (whole.length < 6) return [];
    return insideBytes(
      Uint8Array.fromBase64(whole.padEnd(Math.ceil(whole.length / 4) * 4, "="), LOOSE),
      form,
    );
  });
}

const LOOSE = { lastChunkHandling: "loose" } as const;

/** Two colons also stand in texts that are no address, such as a time. */
function isIpv6(text: string): boolean {
  const [head = "", tail, ...more] = text.split("::");
  if (more.length > 0) return false;
  const groups = [head, tail ?? ""].flatMap((part) => part === "" ? [] : part.split(":"));
  const isGroups = groups.every((group, i) =>
    /^[0-9a-f]{1,4}$/i.test(group) || i === groups.length - 1 && group.includes(".")
  );
  return isGroups && (tail === undefined ? groups.length === 8 : groups.length < 8 && groups.length > 0);
}
