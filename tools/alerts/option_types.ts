import { didYouMean } from "../../runtime/nearest.ts";
import type { Option } from "../../runtime/options.ts";
import { RULES } from "./rules/mod.ts";
import { SPAM_RULES } from "./spam.ts";

const NAMES = RULES.map(({ name }) => name);

/** A number that need not be whole. */
export function decimal(help: string, byDefault: number): Option<number> {
  return {
    help,
    default: byDefault,
    placeholder: "N",
    parse(text) {
      const value = Number(text);
      if (text.trim() === "" || !Number.isFinite(value)) throw new SyntaxError("expected a number");
      if (value < 0) throw new RangeError("expected at least 0");
      return value;
    },
  };
}

/** Where alerts are sent; an address without a path is Alertmanager's. */
export function webhookUrl(help: string): Option<string | undefined> {
  return {
    help,
    default: undefined,
    placeholder: "URL",
    parse(text) {
      const url = URL.parse(text);
      if (url === null || !["http:", "https:"].includes(url.protocol) || url.hostname === "") {
        throw new SyntaxError("expected http://HOST:PORT or https://HOST:PORT, perhaps with a path");
      }
      if (url.username !== "" || url.password !== "") {
        throw new SyntaxError("a password does not belong into an address, set WAGGLE_ALERTS_WEBHOOK_TOKEN");
      }
      return url.pathname === "/" ? new URL("/api/v2/alerts", url).href : url.href;
    },
  };
}

/** Refuses a name that no rule has. */
export function checkRule(name: string): void {
  const all = [...NAMES, ...SPAM_RULES];
  if (!all.includes(name)) throw new SyntaxError(`unknown rule "${name}"${didYouMean(name, all)}`);
}

/** Refuses what is not `RULE=NUMBER`. */
export function checkLimit(text: string): void {
  const [name = "", number = "", ...more] = text.split("=");
  if (!NAMES.includes(name)) throw new SyntaxError(`unknown rule "${name}"${didYouMean(name, NAMES)}`);
  if (more.length > 0 || number.trim() === "" || !(Number(number) > 0) || !Number.isFinite(Number(number))) {
    throw new SyntaxError(`expected a number above 0 in "${text}"`);
  }
}

/** The numbers of a checked list. */
export function limitsOf(list: readonly string[]): Map<string, number> {
  return new Map(list.map((text) => {
    const [name, number] = text.split("=") as [string, string];
    return [name, Number(number)];
  }));
}
