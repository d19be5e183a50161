/**
 * The encrypted transport between Bitcoin nodes (BIP324, "v2"), as a machine over bytes: no socket, no clock. The
 * framing before it ("v1") is in `../framing.ts`; {@linkcode Responder} takes either.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { START_BYTES } from "../mod.ts";
 * import { Responder, V2Transport } from "./mod.ts";
 *
 * const startBytes = START_BYTES.mainnet;
 * const node = new V2Transport({ startBytes, initiating: true });
 * const responder = new Responder({ startBytes });
 *
 * const { reply } = responder.push(node.hello);
 * responder.push(node.push(reply!).reply!);
 * const { frames } = responder.push(node.encode("ping", new Uint8Array(8)));
 * assertEquals([responder.transport, frames[0]!.command], ["v2", "ping"]);
 * ```
 *
 * @module
 */

export type { Frame, FrameRefusal } from "../framing.ts";
export { generateKeyAgreement, type KeyAgreement, keyAgreement } from "./keys.ts";
export { type Received, Responder, type ResponderOptions } from "./responder.ts";
export {
  MAX_GARBAGE_LENGTH,
  type V2Options,
  type V2Pushed,
  type V2Refusal,
  V2Transport,
} from "./transport.ts";
