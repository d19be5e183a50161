import type { AddrManInfoNetwork } from "../../../proto/schema.ts";
import { Fields, type Note, toFields } from "../json.ts";
import type { RpcEvent } from "./answer.ts";

/** `getaddrmaninfo`. */
export function addrmanInfo(answer: unknown, note: Note): RpcEvent {
  const networks = new Map<string, AddrManInfoNetwork>();
  toFields(answer, note).eachNamed((name, counts) => {
    networks.set(name, entryCounts(new Fields(counts, note, "*.")));
  });
  return { case: "addrmanInfo", value: { networks } };
}

function entryCounts(counts: Fields): AddrManInfoNetwork {
  return { new: counts.unsigned("new"), tried: counts.unsigned("tried"), total: counts.unsigned("total") };
}
