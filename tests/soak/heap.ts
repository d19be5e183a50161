/**
 * What a Deno process really holds, asked of its inspector: memory that V8 has and does not need is not in it.
 *
 * @module
 */

import { CdpConnection } from "../parts/cdp.ts";

/** Bytes that are alive after a full collection of garbage, those of buffers included. */
export async function liveBytes(inspectorPort: number): Promise<number> {
  const [target] = await (await fetch(`http://127.0.0.1:${inspectorPort}/json`)).json();
  await using inspector = await CdpConnection.open(target.webSocketDebuggerUrl);
  await inspector.send("HeapProfiler.collectGarbage");
  const { usedSize, backingStorageSize } = await inspector.send("Runtime.getHeapUsage");
  return usedSize + backingStorageSize;
}
