import type { Permissions } from "../runtime/component.ts";
import { assertConfined } from "./sandbox_attempts.ts";

const folder = Deno.makeTempDirSync({ prefix: "waggle-sandbox-" });
const file = `${folder}/file`;
Deno.writeTextFileSync(file, "");
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

/** The kinds of rights in the design's table, each with real targets: one line, one test. */
const LINES: Record<string, Permissions> = {
  "ebpf: starts one program and touches nothing else": { run: ["true"] },
  "rpc: one address and one file": { net: ["127.0.0.1:8332"], read: [file] },
  "p2p: listens on one port": { net: ["127.0.0.1:0"] },
  "log: reads one file": { read: [file] },
  "metrics, websocket: listens on one port, reads its assets": { net: ["127.0.0.1:0"], read: [file] },
  "archive: writes into one folder": { write: [folder] },
  "uplink: one address, one folder": { net: ["127.0.0.1:9050"], write: [folder] },
  "logger: nothing at all": {},
};

for (const [line, permissions] of Object.entries(LINES)) {
  Deno.test(`sandbox of ${line}`, () => assertConfined(permissions));
}
