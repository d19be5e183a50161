import { assert, assertEquals } from "@std/assert";
import { bool, message, sub, text, varint } from "../../proto/golden/assemble.ts";
import { encodeEvent } from "../../proto/event.ts";
import { alertSubjectOf } from "../../proto/subjects.ts";
import { openNatsBus } from "../../runtime/bus/nats.ts";
import { watching } from "../../tools/alerts/_watching.ts";
import { plainArchive, temporaryFolder } from "../parts/archives.ts";
import { startNatsServer } from "../parts/nats_server.ts";
import { partTest } from "../parts/needs.ts";
import { startProcess } from "../parts/process.ts";
import { run } from "../parts/run.ts";
import { until } from "../parts/until.ts";
import { eventsOf, scenario } from "../../demo/scenarios/mod.ts";

const NOW = 1_770_000_000_000;

/** An event as the Rust system writes it, by its field numbers. */
function event(at: number, ...member: Uint8Array[]): Uint8Array {
  return message(...member, varint(10, NOW + at));
}

function ping(at: number): Uint8Array {
  const meta = [
    varint(1, 5),
    text(2, "203.0.113.5:8333"),
    varint(3, 1),
    text(4, "ping"),
    bool(5, true),
    varint(6, 8),
  ];
  return event(at, sub(1, sub(1, sub(1, ...meta), sub(2, varint(1, 7)))));
}

function closed(at: number): Uint8Array {
  const conn = [varint(1, 5), text(2, "203.0.113.5:8333"), varint(3, 1), varint(4, 1)];
  return event(at, sub(1, sub(2, sub(1, sub(1, ...conn), varint(2, NOW / 1000)))));
}

const CHECKED = [text(1, "ab".repeat(32)), text(2, "bad-txnmrklroot"), text(3, "hashMerkleRoot mismatch")];

/** The block_checked_log of both generations: field 5 alone, and field 6 beside thread, level and length. */
const MUTATED = {
  G1: (at: number) => event(at, sub(4, varint(1, NOW * 1000), varint(2, 27), sub(5, ...CHECKED))),
  G3: (at: number) => {
    const frame = [varint(1, NOW * 1000), varint(2, 27), text(3, "msghand"), varint(7, 0), varint(8, 200)];
    return event(at, sub(4, ...frame, sub(6, ...CHECKED)));
  },
};

for (const [generation, mutated] of Object.entries(MUTATED)) {
  partTest({
    name:
      `alerts: the documented lines from events of ${generation} on a real NATS server, beside broken ones`,
    needs: ["nats-server"],
    async fn() {
      await using server = await startNatsServer();
      const stop = new AbortController();
      await using bus = await openNatsBus({ servers: [server.url], log: silent, signal: stop.signal });
      using told = bus.subscribe([alertSubjectOf()]);
      using others = bus.subscribe(["*"]);
      await using tool = startProcess(Deno.execPath(), {
        name: "alerts",
        args: ["run", "-A", new URL("../../mod.ts", import.meta.url).pathname, "alerts", "--bus", server.url],
      });
      await tool.waitForLine(/Started/);
      await until("it listens", async () => {
        const answer = await fetch(`${server.monitorUrl}/connz?subs=1`, { headers: { connection: "close" } });
        return (await answer.text()).includes("log-extractor");
      });

      const broken = [
        new Uint8Array(0),
        Uint8Array.of(0xff, 0xff, 0xff),
        event(1000), // no member
        event(1000, sub(1)), // none inside
        event(1000, sub(15, text(1, "from the future"))),
        ping(1000).subarray(0, 20),
      ];
      for (const bytes of broken) bus.publish("netmsg", bytes);
      // What an event is, its member says: the subject may be another.
      for (const at of [1000, 2000, 3000, 4000]) bus.publish("validation", ping(at));
      bus.publish("log-extractor", mutated(5000));
      bus.publish("netconn", closed(34_500));

      const seen: { text: string; state: string }[] = [];
      await until("all that is to be told", () => {
        seen.push(...told.take(9).map(({ data }) => JSON.parse(new TextDecoder().decode(data))));
        return seen.some(({ state }) => state === "report");
      });
      const lines = seen.filter(({ state }) => state !== "resolved").map(({ text }) =>
        text.split(" | since")[0]
      );
      assertEquals(lines, [
        "PingSpammer | peer_id=5 addr=203.0.113.5:8333 | 4 pings in last 120s (threshold: 3)",
        `mutated-blocks | 1 mutated block in 1 h, last ${"ab".repeat(32)} (bad-txnmrklroot)`,
        "PeerDisconnected | peer_id=5 addr=203.0.113.5:8333 | active=30s | flags=[PingSpammer]",
      ]);
      for (const line of lines) assert(tool.output.includes(line!), line);

      await tool.stop({ signal: "SIGINT" });
      assert(/\d+ refused: /.test(tool.output) && /\d+ no known member/.test(tool.output), tool.output);
      await bus.flush();
      const onTokens = others.take(99).map(({ subject }) => subject);
      assertEquals(onTokens.filter((subject) => subject.includes("alerts")), [], "Rust tools see no alert");
    },
  });
}

Deno.test("alerts: a replay of an archive, twice, tells what was told when it happened", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/linking-lion.bin`;
  const events = [...eventsOf(scenario("linking-lion"))];
  await Deno.writeFile(path, plainArchive(events.map(encodeEvent)));
  const { told, see } = watching();
  see(events);
  assertEquals(told.length, 6);
  for (let times = 0; times < 2; times++) {
    const main = new URL("../../mod.ts", import.meta.url).pathname;
    const args = ["run", "-A", main, "replay", "alerts", "--replay.speed", "max", path];
    const { code, stderr } = await run(Deno.execPath(), args, { env: { NO_COLOR: "1" } });
    assertEquals(code, 0, stderr);
    const lines = stderr.split("\n").map((line) => line.split(" [alerts] ")[1] ?? "");
    assertEquals(lines.filter((line) => line.includes(" | ")), told.map(({ text }) => text));
  }
});

function ignore(): void {}
const silent = { error: ignore, warn: ignore, info: ignore, debug: ignore };
