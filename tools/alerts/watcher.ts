import { peek } from "../../proto/event.ts";
import { nodeOf } from "../../proto/subjects.ts";
import type { Delivery } from "../../runtime/bus/bus.ts";
import { NodeWatch, type WatchOptions } from "./node_watch.ts";

/** Names of nodes come with the subjects; whoever may publish could invent them. */
const MOST_NODES = 64;

/** Bytes in, alerts out: one watch for each node. */
export class Watcher {
  readonly #options: WatchOptions;
  readonly #nodes = new Map<string | undefined, NodeWatch>();

  /** Watches nothing before the first event. */
  constructor(options: WatchOptions) {
    this.#options = options;
  }

  /** Takes what came from the bus, whatever it is. */
  take({ subject, data }: Delivery): void {
    const seen = peek(data);
    if (!seen.ok) return this.#options.count(`refused: ${seen.reason}`);
    if (seen.kind === "none") return this.#options.count("no known member");
    this.#watchOf(nodeOf(subject))?.take(seen, data);
  }

  /** The time of each node's last event. */
  times(): [node: string | undefined, now: number][] {
    return [...this.#nodes].map(([node, watch]) => [node, watch.now]);
  }

  #watchOf(node: string | undefined): NodeWatch | undefined {
    let watch = this.#nodes.get(node);
    if (watch === undefined) {
      if (this.#nodes.size >= MOST_NODES) {
        this.#options.count("ignored: too many nodes");
        return undefined;
      }
      this.#nodes.set(node, watch = new NodeWatch(node, this.#options));
    }
    return watch;
  }
}
