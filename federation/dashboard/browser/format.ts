// The browser gets that module itself under this name, see assets.ts.
export { age } from "../../../runtime/web/format.ts";
