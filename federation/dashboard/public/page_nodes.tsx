// deno-lint-ignore-file jsx-key -- what is written once has nothing to be known again by

/**
 * Nodes whose operators show them to everybody: the list.
 *
 * @module
 */

import { count, short } from "../../../runtime/web/format.ts";
import type { DisclosedNode } from "../../release/live.ts";
import { AsOf } from "./live_parts.tsx";
import { Minutes, nodePath } from "./page_node.tsx";
import type { Published } from "./published.ts";
import { type PublicPage, Title } from "./shell.tsx";

/** The list. */
export function nodesPage({ live }: Published): PublicPage {
  const nodes = live?.disclosed ?? [];
  return {
    path: "nodes.html",
    title: "Open nodes",
    about: "Bitcoin nodes whose operators show them to everybody, live and exact",
    isLive: true,
    body: (
      <>
        <Title title="Open nodes">
          <p>
            Most nodes of this federation are hidden. These are not: their operators have said so, and show
            what they see, exactly and by the minute. An attacker can avoid them, which is why they are not
            all there is.
          </p>
        </Title>
        {nodes.length === 0
          ? (
            <p class="calm">
              Nobody shows a node here just now. An operator who wants to says so in the uplink; nothing of
              the hidden nodes can get here that way.
            </p>
          )
          : (
            <>
              <ul class="nodes">{nodes.map((node) => <NodeCard node={node} />)}</ul>
              <AsOf at={live!.at} />
            </>
          )}
      </>
    ),
  };
}

function NodeCard({ node }: { node: DisclosedNode }) {
  const { name, peers, mempool, blocks, history } = node;
  return (
    <li class="node-card" data-node={name}>
      <h2>
        <a href={nodePath(node)}>{name}</a>
      </h2>
      <dl class="pairs">
        <dt>Peers</dt>
        <dd>{peers === null ? "not told" : count(peers.inbound + peers.outbound)}</dd>
        <dt>Block</dt>
        <dd>{blocks[0] === undefined ? "not told" : count(blocks[0].height)}</dd>
        <dt>Mempool</dt>
        <dd>{mempool === null ? "not told" : short(mempool.transactions)}</dd>
      </dl>
      <Minutes history={history} of="messages" label={`${name}: messages in the last hour`} />
    </li>
  );
}
