// The browser gets the package's own module under this name, see assets.ts: it knows no import map.
export { default } from "uplot";
