import { component } from "../../runtime/component.ts";
export default component({ summary: "x", example: "rpc", options: {}, async run() {} });
