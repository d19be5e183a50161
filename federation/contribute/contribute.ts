/**
 * From a folder to a hub: look at it, say what will be published, ask, send, and wait for what the hub finds.
 *
 * @module
 */

import { format as formatBytes } from "@std/fmt/bytes";
import type { Context } from "../../runtime/component.ts";
import { isLoopback } from "../../runtime/common_options.ts";
import { dialled, proxyAddress, type Way } from "../../runtime/dial.ts";
import { terminalProgress } from "../../runtime/progress.ts";
import { filesOf, inspectContent } from "../datasets/inspect.ts";
import { bytesOf, idOf, type Offer, offerOf, offerText, parseOffer, Refused } from "../datasets/offer.ts";
import type { Manifest } from "../../tools/redact/manifest.ts";
import type { options } from "./mod.ts";
import { Sender } from "./sender.ts";
import { type Target, targetOfCode, targetOfMember } from "./target.ts";

type Own = Pick<Context<typeof options>, "options" | "log" | "signal">;

/** Streams of this name are kept apart from all others by Tor. */
const ISOLATION = `waggle-contribute-${crypto.randomUUID()}`;

/** Uploads the data set that the options name. */
export async function contribute(context: Own): Promise<void> {
  const { options, log, signal } = context;
  const [folder] = options.dataSet;
  if (folder === undefined) return;
  try {
    const target = options.code === undefined
      ? await targetOfMember(options.folder, options.hub)
      : targetOfCode(options.code, options.hub);
    const way = await wayTo(target, options);
    const { offer, manifest } = await lookAt(folder, context);
    say(announcement({ offer, manifest, target, way }));
    if (!options.yes && !ask()) return log.info("Nothing was sent");
    using sender = new Sender({ way, target, log, signal });
    const { state, why } = await sender.send(folder, offer);
    if (state === "refused") throw new Error(`The hub refused it: ${why ?? "it does not say why"}`);
    log.info(
      state === "released"
        ? "It is public already"
        : "The hub has it all and found nothing in it; its operator decides now",
    );
  } catch (error) {
    if (signal.aborted) return log.info("Stopped; the same command goes on where it was");
    if (error instanceof Refused) throw new Error(`Cannot contribute "${folder}": ${error.message}`);
    throw error;
  }
}

async function wayTo({ hub }: Target, { proxy, ca, acceptEgressLeak }: Own["options"]): Promise<Way> {
  const address = proxyAddress(proxy);
  if (address === undefined && !isLoopback(hub.hostname) && !acceptEgressLeak) {
    throw new Error(
      "Cannot connect directly: the hub would see the address of this machine, perhaps that of your node. " +
        "Use Tor (--contribute.proxy), or say --contribute.accept-egress-leak",
    );
  }
  const pem = ca === undefined ? undefined : await Deno.readTextFile(ca);
  return { to: hub, proxy: address, ca: pem, isolation: ISOLATION };
}

/** Reads all of it twice: for its hashes, and for what should not be in it. */
async function lookAt(folder: string, { log, signal }: Own): Promise<{ offer: Offer; manifest: Manifest }> {
  log.info("1 of 2: looking at the data set");
  const bytes = await sizeOf(folder);
  using progress = terminalProgress({ from: 0, to: 2 * bytes, items: "pieces" });
  let pieces = 0;
  const watch = (from: number) => ({
    signal,
    onProgress: (bytes: number) => progress?.update(from + bytes, ++pieces),
  });
  const offer = offerOf(await filesOf(folder, watch(0)));
  parseOffer(offerText(offer));
  return { offer, manifest: await inspectContent(folder, offer, watch(bytes)) };
}

async function sizeOf(folder: string): Promise<number> {
  let bytes = 0;
  try {
    for await (const { name } of Deno.readDir(folder)) bytes += (await Deno.lstat(`${folder}/${name}`)).size;
  } catch (cause) {
    throw new Error(`Cannot read "${folder}": ${(cause as Error).message}`, { cause });
  }
  return bytes;
}

/** What is about to happen. */
function announcement(
  { offer, manifest, target, way }: { offer: Offer; manifest: Manifest; target: Target; way: Way },
): string {
  const { policy, events } = manifest;
  const count = Object.values(events).reduce((sum, count) => sum + count, 0);
  const route = dialled(way) === way.proxy
    ? `through ${way.proxy}, so that the hub does not see from where`
    : isLoopback(way.to.hostname)
    ? "on this machine"
    : "directly: the hub sees the address of this machine";
  const lines = [
    `Data set ${idOf(offer)}: ${count} events, policy ${policy.name}`,
    `What goes: ${offer.files.map(({ name }) => name).join(", ")}; ${formatBytes(bytesOf(offer))}`,
    `Where to: ${way.to.origin}, as ${target.as}, ${route}`,
    "What becomes of it: the hub's operator may publish it under CC BY 4.0. Then anybody may keep, use and change it " +
    "for ever; the list does not say whose it is",
  ];
  return `${lines.join("\n")}\n`;
}

/** Written here and now: lines of the log take their time out of a sandbox, and a question would overtake them. */
function say(text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += Deno.stderr.writeSync(bytes.subarray(at));
}

/** Asks on the terminal; whoever cannot be asked has to say so before. */
function ask(): boolean {
  if (!Deno.stdin.isTerminal()) {
    throw new Error(
      "Cannot ask whether to send it: there is no terminal; say --contribute.yes if it is right",
    );
  }
  say("Send it? [y/N] ");
  const answer = new Uint8Array(64);
  const length = Deno.stdin.readSync(answer) ?? 0;
  return /^y(es)?$/i.test(new TextDecoder().decode(answer.subarray(0, length)).trim());
}
