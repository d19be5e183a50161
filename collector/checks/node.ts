import type { Check } from "../../runtime/preset.ts";
import { chainOf } from "../chains.ts";
import type { Node } from "../node.ts";
import { field } from "./answers.ts";
import { fine, quote, type Sight, wrong } from "./check.ts";

/** Whether there is a node, and which one. */
export function checkNode(sight: Sight): Check[] {
  const { node, others, strangers, answers } = sight;
  const reached = typeof field(answers, "getblockchaininfo", "chain") === "string";
  if (node === undefined) {
    if (reached) {
      return [fine("node", `at ${(sight.values["rpc"] as { url: string }).url}, not looked for here`)];
    }
    const advice = strangers.length === 0
      ? "Start bitcoind, or name its folder, chain or RPC address: --datadir, --chain, --rpc.url"
      : "There are nodes of other people; name the one that you trust";
    const { datadir } = sight.values[""] as { datadir?: string };
    const what = datadir === undefined ? "no node on this machine" : `there is no folder "${datadir}"`;
    const paste = strangers.length === 0
      ? {}
      : { paste: `deno task collector --datadir ${quote(strangers[0]!)}` };
    return [wrong("fault", "node", what, { advice, ...paste })];
  }
  const { process, conf, datadir } = node;
  const elsewhere = process === undefined ? others.find((other) => other.datadir === datadir) : undefined;
  if (elsewhere !== undefined && !reached) {
    const name = elsewhere.chain.name;
    return [wrong("fault", "node", `the node in "${datadir}" is on ${name}, not on ${node.chain.name}`, {
      advice: "Leave out --chain, or name its chain",
      paste: `deno task collector --datadir ${quote(datadir)} --chain ${name}`,
    })];
  }
  if (process !== undefined && !isThere(datadir)) {
    return [
      wrong("fault", "node", `process ${process.pid} has its data in "${datadir}", which is not there`, {
        advice: "It runs in a container: name the folder as this machine sees it, --datadir DIR",
      }),
    ];
  }
  const version = field(answers, "getnetworkinfo", "subversion");
  const name = typeof version === "string" ? `bitcoind ${version}` : "bitcoind";
  const where = `on ${node.chain.name}, data in "${datadir}"`;
  const checks = process === undefined && !reached
    ? [wrong("fault", "node", `does not run; its data is in "${datadir}"`, start(node))]
    : [fine("node", `${name}${process === undefined ? "" : `, process ${process.pid}`}, ${where}`)];
  if (conf.problem === "unreadable") {
    checks.push(
      wrong("warning", "node", `may not read "${conf.path}", so settings in there are not known`, {
        advice: "Let your group read it",
        paste: `sudo chmod g+r ${quote(conf.path)} && sudo chgrp "$(id -gn)" ${quote(conf.path)}`,
      }),
    );
  }
  return [...checks, ...wrongChain(sight), ...alsoHere(others)];
}

/** The node answers for another chain than the options say. */
function wrongChain({ node, values, answers }: Sight): Check[] {
  const answered = field(answers, "getblockchaininfo", "chain");
  const chain = typeof answered === "string" ? chainOf(answered) : undefined;
  const { network } = values["p2p"] as { network: string };
  if (chain === undefined) return [];
  const checks: Check[] = [];
  if (node !== undefined && node.chain !== chain) {
    checks.push(
      wrong(
        "fault",
        "node",
        `--rpc.url leads to a node on ${chain.name}, but the log is of one on ${node.chain.name}`,
        {
          advice: "Leave out --rpc.url, or name the other node's chain",
          paste: `deno task collector --chain ${chain.name}`,
        },
      ),
    );
  }
  if (network !== chain.network) {
    checks.push(
      wrong("fault", "p2p", `speaks ${network}, but the node is on ${chain.name}`, {
        advice: "Leave out --p2p.network, or name the node's network",
        paste: `deno task collector --p2p.network ${chain.network}`,
      }),
    );
  }
  return checks;
}

function alsoHere(others: readonly Node[]): Check[] {
  if (others.length === 0) return [];
  const shown = others.slice(0, 5).map(({ process, chain, datadir }) =>
    `${process?.pid} on ${chain.name} ("--datadir ${datadir}")`
  );
  return [fine("node", `${others.length} more run here: ${shown.join(", ")}`)];
}

function start({ datadir, chain, process }: Node): Pick<Check, "advice" | "paste"> {
  if (process !== undefined) return {};
  return {
    advice: "Start it",
    paste: `bitcoind -datadir=${quote(datadir)}${chain.folder === "" ? "" : ` -chain=${chain.name}`} -daemon`,
  };
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch (error) {
    return !(error instanceof Deno.errors.NotFound);
  }
}
