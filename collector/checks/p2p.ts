import type { Check } from "../../runtime/preset.ts";
import { isLoopback } from "../../runtime/common_options.ts";
import { splitAddress } from "../../runtime/options.ts";
import { fine, ofChain, setting, type Sight, wrong } from "./check.ts";

/** Whether the node will connect to the p2p extractor. */
export function checkP2p({ node, values, answers }: Sight): Check[] {
  const { address } = values["p2p"] as { address: string };
  const added = answers.get("getaddednodeinfo");
  const known = Array.isArray(added)
    ? added.map((node: { addednode?: unknown }) => String(node?.addednode))
    : node?.settings.all("addnode");
  if (known === undefined) return [];
  if (known.some((other) => isSame(other, address))) return [fine("p2p", `the node connects to ${address}`)];
  const line = `addnode=${address}`;
  return [
    wrong("fault", "p2p", `the node was not told to connect to ${address}`, {
      ...setting(node, [node === undefined ? line : ofChain(node, line)]),
    }),
  ];
}

function isSame(one: string, other: string): boolean {
  try {
    const [a, b] = [splitAddress(one), splitAddress(other)];
    return a.port === b.port &&
      (a.hostname === b.hostname || isLoopback(a.hostname) && isLoopback(b.hostname));
  } catch {
    return false; // without a port, or no address at all
  }
}
