import type { Check } from "../../runtime/preset.ts";
import { CALLS } from "../../extractors/rpc/calls.ts";
import { CallFailure } from "../../extractors/rpc/failure.ts";
import { type Answers, isAboutTheNode, type RpcOptions } from "./answers.ts";
import { fine, quote, restart, setting, type Sight, sudo, wrong } from "./check.ts";
import { whoMayRead } from "./readable.ts";

/** Whether every call of the rpc extractor is answered. */
export function checkRpc(sight: Sight): Check[] {
  const options = sight.values["rpc"] as unknown as RpcOptions;
  const { answers } = sight;
  const first = [...answers.values()].find(isAboutTheNode);
  if (first !== undefined) return [notAnswered(first, options, sight)];
  const asked = Object.keys(CALLS).filter((name) => !options.disable.includes(name));
  const answered = asked.filter((name) => !(answers.get(name) instanceof Error));
  const checks = [fine("rpc", `${options.url} answers ${answered.length} of ${asked.length} calls`)];
  return [...checks, ...forbidden(asked, sight), ...unknown(asked, answers), ...other(asked, answers)];
}

function notAnswered(failure: CallFailure, options: RpcOptions, sight: Sight): Check {
  const { kind, message } = failure;
  if (kind === "starting") {
    return wrong("warning", "rpc", `the node warms up: ${message}`, { advice: "Wait a little" });
  }
  if (kind === "credentials" && options.user === undefined) {
    return noCookie(options.cookieFile, failure, sight);
  }
  if (kind === "credentials") {
    return wrong("fault", "rpc", message, {
      advice: "Set --rpc.user and WAGGLE_RPC_PASSWORD to what share/rpcauth/rpcauth.py of the node printed",
    });
  }
  const todo = sight.node?.settings.isOn("server", true) === false
    ? setting(sight.node, ["server=1"])
    : { advice: "Start the node, or set --rpc.url to where it listens (rpcport= in its bitcoin.conf)" };
  return wrong("fault", "rpc", `no answer from ${options.url}: ${message}`, todo);
}

function noCookie(file: string, { cause }: CallFailure, { node, machine }: Sight): Check {
  if (cause === undefined) {
    return wrong(
      "fault",
      "rpc",
      `the node refuses the cookie "${file}": it is another node's, or an old one`,
      {
        advice: "Name the node whose cookie that is, by --datadir and --chain, or restart it for a new one",
      },
    );
  }
  if (cause instanceof Deno.errors.NotFound) {
    const isOff = node?.process !== undefined && node.cookieFile === undefined;
    return wrong("fault", "rpc", `there is no cookie "${file}"`, {
      advice: isOff || node?.process !== undefined
        ? "The node writes none (server=0, rpcpassword= or norpccookiefile=1), or elsewhere: set --rpc.cookie-file or --rpc.user"
        : "The node writes it at its start: start it, or set --rpc.cookie-file",
    });
  }
  const todo = whoMayRead(file, {
    machine,
    lasting: node === undefined ? undefined : setting(node, ["rpccookieperms=group"]),
  });
  return wrong("fault", "rpc", `may not read the cookie "${file}"`, todo);
}

function forbidden(asked: readonly string[], { answers, node, values }: Sight): Check[] {
  const names = asked.filter((name) => kindOf(answers.get(name)) === "forbidden");
  if (names.length === 0) return [];
  const { user = "__cookie__" } = values["rpc"] as { user?: string };
  const what = `the node forbids ${names.join(", ")}`;
  const has = node?.conf.lines.some(({ name, value }) =>
    name === "rpcwhitelist" && value.startsWith(`${user}:`)
  );
  if (node !== undefined && has) {
    const insert = `s/^\\( *[a-z0-9.]*rpcwhitelist *= *${user}:\\)/\\1${names.join(",")},/`;
    return [wrong("fault", "rpc", what, {
      advice:
        "Add it to rpcwhitelist= in bitcoin.conf and restart the node, or leave it out with --rpc.disable",
      paste: `${sudo(node.conf.path)}sed -i ${quote(insert)} ${quote(node.conf.path)}${restart(node)}`,
    })];
  }
  return [
    wrong("fault", "rpc", what, setting(node, [`rpcwhitelist=${user}:${Object.keys(CALLS).join(",")}`])),
  ];
}

function unknown(asked: readonly string[], answers: Answers): Check[] {
  const names = asked.filter((name) => kindOf(answers.get(name)) === "unknown");
  return names.length === 0 ? [] : [fine("rpc", `this version has no ${names.join(", ")}`)];
}

function other(asked: readonly string[], answers: Answers): Check[] {
  return asked.flatMap((name) => {
    const answer = answers.get(name);
    if (!(answer instanceof Error) || ["forbidden", "unknown"].includes(kindOf(answer) ?? "")) return [];
    return [
      wrong("warning", "rpc", `${name} fails: ${answer.message}`, {
        advice: `Leave it out: --rpc.disable ${name}`,
      }),
    ];
  });
}

function kindOf(answer: unknown): string | undefined {
  return answer instanceof CallFailure ? answer.kind : undefined;
}
