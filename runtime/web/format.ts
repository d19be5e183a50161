/**
 * Numbers as people read them.
 *
 * @module
 */

/** Stands where nothing is known. */
export const NONE = "–";

const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** A count, with thin spaces between groups of three digits. */
export function count(value: number | undefined): string {
  return value === undefined || !Number.isFinite(value)
    ? NONE
    : WHOLE.format(value).replaceAll(",", "\u202f");
}

/** A count that has to fit: 12 345, 123 k, 1.2 M. */
export function short(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return NONE;
  for (const [size, unit] of [[1e9, "G"], [1e6, "M"], [1e5, "k"]] as const) {
    if (Math.abs(value) >= size) return `${digits(value / (unit === "k" ? 1000 : size))}\u202f${unit}`;
  }
  return count(value);
}

/** Bytes: 512 B, 1.2 kB, 3.4 MB. */
export function bytes(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return NONE;
  for (const [size, unit] of [[1e12, "TB"], [1e9, "GB"], [1e6, "MB"], [1e3, "kB"]] as const) {
    if (Math.abs(value) >= size) return `${digits(value / size)}\u202f${unit}`;
  }
  return `${Math.round(value)}\u202fB`;
}

/** How many of something in a second. */
export function rate(value: number | undefined, unit = ""): string {
  if (value === undefined || !Number.isFinite(value)) return NONE;
  const text = value === 0 || value >= 10 ? count(value) : value.toFixed(value < 1 ? 2 : 1);
  return `${text}\u202f${unit}/s`;
}

/** Seconds, the two largest units: 42 s, 3 min 12 s, 5 h 2 min, 12 d 3 h. */
export function duration(seconds: number | undefined): string {
  if (seconds === undefined || !Number.isFinite(seconds)) return NONE;
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [
    [Math.floor(whole / 86400), "d"],
    [Math.floor(whole / 3600) % 24, "h"],
    [Math.floor(whole / 60) % 60, "min"],
    [whole % 60, "s"],
  ] as const;
  const first = parts.findIndex(([value]) => value > 0);
  if (first < 0) return "0\u202fs";
  return parts.slice(first, first + 2).filter(([value], i) => i === 0 || value > 0)
    .map(([value, unit]) => `${value}\u202f${unit}`).join(" ");
}

/** How old something is, the largest unit only: 1 min, 5 h, 12 d. */
export function age(seconds: number): string {
  return duration(Math.max(60, seconds)).split(" ")[0]!;
}

/** Milliseconds: 0.4 ms, 12 ms, 1.2 s. */
export function milliseconds(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return NONE;
  if (value >= 1000) return `${digits(value / 1000)}\u202fs`;
  return `${value >= 10 ? Math.round(value) : digits(value)}\u202fms`;
}

/** A share of 1. */
export function percent(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return NONE;
  const hundredths = value * 100;
  if (hundredths > 0 && hundredths < 0.1) return "<\u202f0.1\u202f%";
  return `${hundredths > 0 && hundredths < 10 ? hundredths.toFixed(1) : Math.round(hundredths)}\u202f%`;
}

/** The time of day of unix milliseconds, in the reader's time zone. */
export function clock(timestamp: number, { tenths = false } = {}): string {
  const date = new Date(timestamp);
  const two = (value: number) => String(value).padStart(2, "0");
  const text = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return tenths ? `${text}.${String(date.getMilliseconds()).padStart(3, "0")}` : text;
}

/** The beginning and the end of a long hash. */
export function shortHash(hash: string): string {
  return hash.length <= 20 ? hash : `${hash.slice(0, 8)}…${hash.slice(-8)}`;
}

/** Three digits that count. */
function digits(value: number): string {
  const size = Math.abs(value);
  return size >= 100
    ? String(Math.round(value))
    : size >= 10
    ? value.toFixed(1)
    : value.toFixed(2).replace(/\.?0+$/, "");
}
