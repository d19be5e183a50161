import { assert, assertEquals } from "@std/assert";
import { LogFolder } from "../../extractors/log/_following.ts";
import { type LogValues, type Sandboxed, startSandboxed } from "../../extractors/log/_sandboxed.ts";
import { type Log, LogDebugCategory, LogLevel } from "../../proto/schema.ts";
import { type Bitcoind, startBitcoind } from "../parts/bitcoind.ts";
import { partTest } from "../parts/needs.ts";
import { until } from "../parts/until.ts";

const ALL = [
  "-debug=all",
  "-debugexclude=libevent",
  "-debugexclude=leveldb",
  "-logtimemicros",
  "-logthreadnames",
];
/** The node's last words: nothing is written after them. */
const LAST = "Shutdown: done";

/** The extractor on a node's log, from its first line on. */
function follow({ debugLog: file }: Bitcoind, values: Partial<LogValues> = {}): Sandboxed {
  return startSandboxed({ file, fromStart: true, ...values });
}

/** Events up to the one whose text ends the node's log. */
async function readToEnd(running: Sandboxed): Promise<Log[]> {
  const logs: Log[] = [];
  do logs.push(await running.next()); while (!textOf(logs.at(-1)!).endsWith(LAST));
  return logs;
}

function textOf({ logEvent }: Log): string {
  return logEvent?.case === "unknownLogMessage" ? logEvent.value.rawMessage : "";
}

type Case = NonNullable<Log["logEvent"]>["case"];
type Value<C extends Case> = Extract<Log["logEvent"], { case: C }>["value"];

function valuesOf<C extends Case>(logs: readonly Log[], kind: C): Value<C>[] {
  return logs.filter((log) => log.logEvent?.case === kind).map((log) => log.logEvent!.value as Value<C>);
}

/** What the node says of its chain, as the log would. */
async function chainOf(node: Bitcoind): Promise<{ blockHash: string; blockHeight: number }[]> {
  const height: number = await node.rpc("getblockcount");
  return await Promise.all(
    Array.from({ length: height + 1 }, async (_, blockHeight) => ({
      blockHash: await node.rpc<string>("getblockhash", blockHeight),
      blockHeight,
    })),
  );
}

/** Each once queued and once handled. */
function twice<T>(items: readonly T[]): T[] {
  return items.flatMap((item) => [item, item]);
}

function byHeight<T extends { blockHeight: number }>(items: readonly T[]): T[] {
  return items.toSorted((a, b) => a.blockHeight - b.blockHeight);
}

/** Every line of the files is an event, in order: its length, and its end if it is a message. */
async function assertSameLines(logs: readonly Log[], ...files: string[]): Promise<void> {
  const texts = await Promise.all(files.map((file) => Deno.readTextFile(file)));
  const lines = texts.join("").split("\n").slice(0, -1);
  assertEquals(logs.length, lines.length);
  const encoder = new TextEncoder();
  for (const [index, line] of lines.entries()) {
    assertEquals(logs[index]!.logLineBytes, encoder.encode(line).length);
    assert(line.endsWith(textOf(logs[index]!)), `"${line}" ends with "${textOf(logs[index]!)}"`);
  }
}

partTest({
  name: "log sees the blocks of a real node as the node itself reports them",
  needs: ["bitcoind"],
  fn: async () => {
    await using node = await startBitcoind({ args: ALL });
    await using running = follow(node);
    const before = Date.now();
    await node.generate(20);
    const mutated = await mutatedBlocks(node);
    for (const [state, block] of Object.entries(mutated)) {
      assertEquals(await node.rpc("submitblock", block), state);
    }
    const chain = await chainOf(node);
    await node.stop();
    const logs = await readToEnd(running);
    await assertSameLines(logs, node.debugLog);

    assertEquals(byHeight(valuesOf(logs, "blockConnectedLog")), twice(chain));
    const checked = valuesOf(logs, "blockCheckedLog");
    const valid = checked.filter(({ state }) => state === "Valid");
    assertEquals(
      valid.map(({ blockHash }) => blockHash).sort(),
      chain.map(({ blockHash }) => blockHash).sort(),
    );
    const refused = checked.filter(({ state }) => state !== "Valid");
    assertEquals(refused.map(({ state }) => state), Object.keys(mutated));
    assert(checked.every(({ state, debugMessage }) => (state === "Valid") === (debugMessage === "")));

    const timed = logs.filter((log) => log.logTimestamp > 0);
    assert(
      timed.every((log) => log.logTimestamp > before * 1000 - 60e6 && log.logTimestamp <= Date.now() * 1000),
    );
    assert(timed.some((log) => log.logTimestamp % 1000 !== 0), "microseconds");
    // Threads net and http are taken for the category of the same name where a line has none.
    const unnamed = timed.filter((log) => log.threadname === "").map((log) => log.category);
    const { NET, HTTP } = LogDebugCategory;
    assert(unnamed.length < 10 && unnamed.every((category) => category === NET || category === HTTP));
    const connected = logs.filter((log) => log.logEvent?.case === "blockConnectedLog");
    assert(connected.every((log) => log.category === LogDebugCategory.VALIDATION));
    assert(connected.every((log) => log.logLevel === LogLevel.DEBUG));
    assert(connected.some((log) => log.threadname === "scheduler"));
  },
});

/** By the state that a node gives them: blocks with another byte than the miner wrote, under the same hash. */
async function mutatedBlocks(node: Bitcoind): Promise<Record<string, string>> {
  const make = async () =>
    Uint8Array.fromHex((await node.rpc<{ hex: string }>("generateblock", "raw(51)", [], false)).hex);
  // A block of one transaction ends in that one's outputs, witness (a stack of one item of 32 bytes) and lock time.
  const [lockTime, witness] = [4, 1 + 1 + 32];
  return {
    "bad-txnmrklroot": flipped(await make(), lockTime + witness + 1),
    "bad-witness-merkle-match": flipped(await make(), lockTime + 1),
  };
}

/** With another bit in the byte so many bytes before the end. */
function flipped(block: Uint8Array, before: number): string {
  block[block.length - before]! ^= 1;
  return block.toHex();
}

for (
  const form of [
    [],
    ["-debug=validation"],
    ["-debug=all", "-debugexclude=libevent", "-loglevelalways=1"],
    [...ALL, "-logsourcelocations"],
    ["-debug=validation", "-logsourcelocations"],
    ["-debug=validation", "-logthreadnames", "-logtimestamps=0"],
    ["-debug=all", "-loglevel=trace", "-logips", "-logthreadnames", "-logtimemicros"],
  ]
) {
  partTest({
    name: `log reads a real node's lines with ${form.join(" ") || "the default settings"}`,
    needs: ["bitcoind"],
    fn: async () => {
      await using node = await startBitcoind({ args: form });
      await using running = follow(node);
      await node.generate(3);
      const chain = await chainOf(node);
      await node.stop();
      const logs = await readToEnd(running);
      await assertSameLines(logs, node.debugLog);
      const validation = form.some((option) => /^-debug=(all|validation)$/.test(option));
      assertEquals(byHeight(valuesOf(logs, "blockConnectedLog")), validation ? twice(chain) : []);
      const withTime = !form.includes("-logtimestamps=0");
      assertEquals(logs.some((log) => log.logTimestamp > 0), withTime);
      if (withTime) assertEquals(logs.map(textOf).filter((text) => /^\[(?!\])/.test(text)), []);
      const tip = logs.find((log) =>
        textOf(log).startsWith(`UpdateTip: new best=${chain.at(-1)!.blockHash} height=3`)
      );
      assert(withTime === (tip !== undefined), "the new tip is a message without its frame");
    },
  });
}

partTest({
  name: "log sees the compact blocks that a real node gets from another",
  needs: ["bitcoind"],
  fn: async () => {
    await using miner = await startBitcoind();
    await using node = await startBitcoind({ args: ALL });
    await miner.generate(1);
    await node.connect(miner);
    await using running = follow(node);
    for (let height = 2; height <= 12; height++) {
      await miner.generate(1);
      await until(`block ${height}`, async () => await node.rpc<number>("getblockcount") === height);
    }
    const chain = await chainOf(node);
    await node.stop();
    const logs = await readToEnd(running);
    await assertSameLines(logs, node.debugLog);
    assertEquals(byHeight(valuesOf(logs, "blockConnectedLog")), twice(chain));

    const blocks = await Deno.readTextFile(node.debugLog);
    const reconstructed = valuesOf(logs, "compactBlockReconstructedLog");
    assert(reconstructed.length > 0, "compact blocks were relayed");
    assertEquals(reconstructed.length, blocks.split("Successfully reconstructed block").length - 1);
    for (const { blockHash, prefilledTxnCount, mempoolTxnCount } of reconstructed) {
      assert(chain.some((block) => block.blockHash === blockHash));
      assertEquals([prefilledTxnCount, mempoolTxnCount], [1, 0], "nothing but the coinbase");
    }
    // Only Core 30 and later say of a header all that its event says.
    const headers = valuesOf(logs, "sawNewHeaderLog");
    const [version] = /version v(\d+)/.exec(blocks)?.slice(1).map(Number) ?? [];
    for (const { blockHash, blockHeight, peerId } of headers) {
      assert(chain.some((block) => block.blockHash === blockHash && block.blockHeight === blockHeight));
      assertEquals(peerId, 0);
    }
    if (version! >= 30) assert(headers.some(({ isCmpctblock }) => isCmpctblock));
    else assert(running.said.some((line) => line.includes("New headers stay messages")));
  },
});

partTest({
  name: "log follows a real node through rotations by renaming and SIGHUP, a restart and a kill",
  needs: ["bitcoind"],
  fn: async () => {
    await using node = await startBitcoind({ args: ALL });
    await using running = follow(node, { positionFile: `${node.datadir}/position` });
    await running.line("Following");
    const files: string[] = [];
    for (let rotation = 1; rotation <= 3; rotation++) {
      await node.generate(2);
      files.push(`${node.debugLog}.${rotation}`);
      await Deno.rename(node.debugLog, files.at(-1)!);
      await node.generate(2); // still into the old file
      Deno.kill(node.pid, "SIGHUP");
      await until("the node to open its log again", async () => {
        await node.rpc("getblockcount"); // it does at its next line
        return (await Deno.stat(node.debugLog)).size > 0;
      });
      // Two renames between two looks would be one too many: wait until this one was seen.
      await until(
        "the extractor to see the new file",
        () => running.said.filter((line) => line.includes("is a new file")).length === rotation,
      );
    }
    await node.restart();
    await node.generate(2);
    await node.kill();
    await node.start();
    await node.generate(2);
    const chain = await chainOf(node);
    await node.stop();

    const logs: Log[] = [];
    // The node was stopped twice.
    logs.push(...await readToEnd(running), ...await readToEnd(running));
    await assertSameLines(logs, ...files, node.debugLog);
    const connected = new Set(valuesOf(logs, "blockConnectedLog").map(({ blockHash }) => blockHash));
    assertEquals(chain.filter(({ blockHash }) => !connected.has(blockHash)), []);
  },
});

partTest({
  name: "log gives no line twice when a real node shortens its log at its start",
  needs: ["bitcoind"],
  fn: async () => {
    await using node = await startBitcoind({ args: ["-shrinkdebugfile=1"] });
    await using running = follow(node);
    await node.stop();
    const logs = await readToEnd(running);
    const filler = Array.from({ length: 12_000 }, (_, i) => `filler ${i} ${"x".repeat(1000)}`);
    await Deno.writeTextFile(node.debugLog, filler.map((line) => `${line}\n`).join(""), { append: true });
    const before = (await Deno.stat(node.debugLog)).size;
    for (const line of filler) assertEquals(textOf(await running.next()), line);
    await node.start();
    assert((await Deno.stat(node.debugLog)).size < before, "the node has shortened its log");
    await node.stop();
    const after = await readToEnd(running);
    assertEquals(after.filter((log) => textOf(log).startsWith("filler")), []);
    assertEquals(after.slice(0, 5).map(textOf), ["", "", "", "", ""]);
    assert(textOf(after[5]!).includes(" version v"));
    assert(logs.length > 50 && after.length > 50);
  },
});

partTest({
  name: "log reads a named pipe that a real node writes its log to",
  needs: ["bitcoind"],
  fn: async () => {
    await using folder = new LogFolder();
    const pipe = `${folder.path}/pipe`;
    assert((await new Deno.Command("mkfifo", { args: [pipe] }).output()).success);
    await using running = startSandboxed({ file: pipe });
    await running.line("Reading the named pipe");
    await using node = await startBitcoind({ args: [...ALL, `-debuglogfile=${pipe}`, "-shrinkdebugfile=0"] });
    await node.generate(3);
    const chain = await chainOf(node);
    await node.stop();
    const logs = await readToEnd(running);
    assertEquals(byHeight(valuesOf(logs, "blockConnectedLog")), twice(chain));
  },
});
